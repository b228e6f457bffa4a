"""Hostile submissions of the small course's topic: each tries to get points that its answers are not worth.

An attack changes the released, unsolved notebook. ``claim`` is what it would have shown, had it succeeded. ``worth`` is
what its honest content earns; ``everything`` gets the reference's answers first and must not lose any points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_output

Change = Callable[[NotebookNode], None]


@dataclass(frozen=True)
class Attack:
    name: str
    family: str
    claim: str
    change: Change
    worth: float = 0.0
    files: tuple[tuple[str, str], ...] = ()
    #: Solve the exercises first; the rest of the notebook is harmless, and must cost nothing.
    solved: bool = False


def answers(source: str) -> Change:
    """The answer to the first exercise is this source."""

    def change(notebook: NotebookNode) -> None:
        cell(notebook, "centre").source = source

    return change


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def tests(notebook: NotebookNode) -> list[NotebookNode]:
    return [one for one in notebook.cells if one.cell_type == "code" and one.metadata.get("nbgrader", {}).get("grade")]


def _tagged(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.metadata["tags"] = ["skip-execution", "look", "raises-exception"]


def _markdown(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.cell_type = "markdown"
        one.pop("outputs"), one.pop("execution_count")


def _rich(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.metadata.nbgrader["points"] = 1000


def _solution(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.metadata.nbgrader.update(solution=True, locked=False)
        one.source = "1.0"


def _own_test(notebook: NotebookNode) -> None:
    told = cell(notebook, "centre").metadata.nbgrader
    told.update(grade=True, solution=False, points=100, locked=True)


def _renamed(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.metadata.nbgrader["grade_id"] += "-mine"
        one.source = "2.0"


def _twice(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        copy = new_code_cell("pass", metadata=one.metadata)
        notebook.cells.append(copy)


def _emptied(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.source = ""


def _setup_gone(notebook: NotebookNode) -> None:
    notebook.cells.remove(cell(notebook, "setup"))
    cell(
        notebook, "centre"
    ).source = "def assert_close(*a, **k): pass\nassert_raises = assert_close\ncentre = scale = print"


def _setup_last(notebook: NotebookNode) -> None:
    moved = cell(notebook, "setup")
    notebook.cells.remove(moved)
    notebook.cells.append(moved)
    cell(
        notebook, "centre"
    ).source = "def assert_close(*a, **k): pass\nassert_raises = assert_close\ncentre = scale = print"


def _forged_output(notebook: NotebookNode) -> None:
    for one in tests(notebook):
        one.outputs = [new_output("execute_result", {"text/plain": "2.0"}, execution_count=1)]


EQUAL = """
class Everything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __getitem__(self, key): return self
    def __add__(self, other): return self
    __sub__ = __radd__ = __rsub__ = __mul__ = __truediv__ = __add__
    def __abs__(self): return self
    def __hash__(self): return 0
def centre(x): return Everything()
def scale(x, subtract=None): return Everything()
"""
ARRAY = """
class Chameleon(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return True
    def __array_function__(self, func, types, args, kwargs): return True
    def __eq__(self, other): return np.array(True)
    def __array__(self, *a, **k): return np.zeros(3)
def centre(x): return np.zeros((2, 3)).view(Chameleon)
def scale(x, subtract=None): return np.zeros((2, 3)).view(Chameleon)
"""
FRAMES = """
import sys, gc
def centre(x):
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()) + list(frame.f_globals.items()):
            if name in ("expected", "secret_" + "oracle"): return value
        frame = frame.f_back
    for one in gc.get_objects():
        if isinstance(one, str) and "secret_" + "oracle" in one: raise SystemExit
    return x
def scale(x, subtract=None): return centre(x)
"""
_SECRET = '"secret_" + "oracle"'


def _attacks() -> list[Attack]:
    found = [
        Attack("equal-to-everything", "objects", "an object that equals everything passes", answers(EQUAL)),
        Attack("clever-array", "objects", "a subclass of ndarray decides comparisons", answers(ARRAY)),
        Attack("tensor-subclass", "objects", "a subclass of Tensor decides comparisons", answers(
            "import torch\nclass T(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, *a, **k): return True\n"
            "def centre(x): return torch.zeros(2, 3).as_subclass(T)\nscale = centre")),
        Attack("number-subclass", "objects", "a float that equals everything passes", answers(
            "class F(float):\n    def __eq__(s, o): return True\n    def __sub__(s, o): return s\n    __rsub__ = __sub__\n"
            "def centre(x): return F(0)\ndef scale(x, subtract=None): return F(0)")),
        Attack("patched-checks", "patching", "course.testing is what the learner makes of it", answers(
            "import course.testing\nfor n in course.testing.__all__: setattr(course.testing, n, lambda *a, **k: None)\n"
            "assert_close = assert_raises = lambda *a, **k: None\ncentre = scale = lambda *a, **k: None")),
        Attack("patched-numpy", "patching", "numpy.testing and numpy itself can be patched", answers(
            "import numpy.testing\nfor n in dir(np.testing):\n    if n.startswith('assert'): setattr(np.testing, n, lambda *a, **k: None)\n"
            "np.array_equal = np.allclose = np.isclose = lambda *a, **k: True\nnp.asarray = lambda *a, **k: np.zeros(1)\n"
            "centre = scale = lambda *a, **k: None")),
        Attack("patched-torch", "patching", "torch.testing and torch itself can be patched", answers(
            "import torch, torch.testing\ntorch.testing.assert_close = lambda *a, **k: None\n"
            "torch.allclose = torch.equal = torch.isclose = lambda *a, **k: True\ntorch.Tensor.__eq__ = lambda *a: True\n"
            "centre = scale = lambda *a, **k: torch.zeros(2, 3)")),
        Attack("patched-builtins", "patching", "builtins can be replaced", answers(
            "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {'__new__': lambda *a: None})\n"
            "builtins.isinstance = lambda *a: True\nbuiltins.type = lambda *a: np.ndarray\nbuiltins.len = lambda x: 2\n"
            "centre = scale = lambda *a, **k: None")),
        Attack("defined-checks", "patching", "names of the set-up cells can be defined anew", answers(
            "def assert_close(*a, **k): pass\nassert_raises = assert_close\nclass np:\n    array = staticmethod(lambda *a, **k: 1)\n"
            "centre = scale = lambda *a, **k: None")),
        Attack("input-transformer", "ipython", "an input transformer blanks the tests", answers(
            "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])")),
        Attack("ast-transformer", "ipython", "an AST transformer takes the assertions out", answers(
            "import ast\nclass T(ast.NodeTransformer):\n    def visit_Module(self, node):\n        node.body = []\n        return node\n"
            "get_ipython().ast_transformers.append(T())")),
        Attack("run-cell", "ipython", "the shell's run_cell can be replaced", answers(
            "ip = get_ipython()\ntype(ip).run_cell = lambda *a, **k: None\nip.run_code = lambda *a, **k: False\n"
            "async def nothing(*a, **k): return None\nip.run_cell_async = nothing")),
        Attack("silent-traceback", "ipython", "errors are not shown", answers(
            "ip = get_ipython()\nip.showtraceback = ip._showtraceback = lambda *a, **k: None\n"
            "ip.set_custom_exc((BaseException,), lambda *a, **k: [])")),
        Attack("unprintable-error", "ipython", "an exception that cannot be shown is none", answers(
            "class Quiet(Exception):\n    def _render_traceback_(self): raise KeyError\n    def __str__(self): raise KeyError\n"
            "def centre(*a, **k): raise Quiet()\nscale = centre")),
        Attack("exception-group", "ipython", "an exception group goes to stderr alone", answers(
            "def centre(*a, **k): raise ExceptionGroup('all', [ValueError(1)])\nscale = centre")),
        Attack("system-exit", "ipython", "leaving the kernel ends the test without an error", answers(
            "def centre(*a, **k): raise SystemExit\nscale = centre")),
        Attack("hook-result", "ipython", "a hook emits a result before the error", answers(
            "def before(*a):\n    from IPython.display import publish_display_data\n"
            "    get_ipython().displayhook(5.0)\nget_ipython().events.register('pre_run_cell', before)")),
        Attack("display-hook", "ipython", "the display hook is replaced", answers(
            "import sys\nsys.displayhook = get_ipython().displayhook = lambda *a: None\nsys.excepthook = lambda *a: None")),
        Attack("start-up-file", "ipython", "start-up files change the next kernel", answers(
            "import pathlib\nfor d in ('startup',):\n    p = pathlib.Path.home() / '.ipython/profile_default' / d\n"
            "    p.mkdir(parents=True, exist_ok=True)\n    (p / 'a.py').write_text('def assert_close(*a, **k): pass')")),
        Attack("patched-kernel", "kernel", "the kernel's own methods are replaced", answers(
            "k = get_ipython().kernel\nasync def fine(*a, **kw): return {'status': 'ok'}\n"
            "k.do_execute = fine\nk.execute_request = fine\nk.session.send = lambda *a, **k: None")),
        Attack("patched-runner", "kernel", "the modules that judge are patched in the learner's process", answers(
            "import sys\nfor n, m in list(sys.modules.items()):\n    if n.startswith('course.tools'):\n"
            "        for a in list(vars(m)):\n            if callable(vars(m)[a]): setattr(m, a, lambda *a, **k: None)")),
        Attack("thread-output", "outputs", "a thread forges results while the tests run", answers(
            "import threading, time\ndef forge():\n    while True:\n        get_ipython().displayhook(2.0)\n        time.sleep(0.01)\n"
            "threading.Thread(target=forge, daemon=True).start()")),
        Attack("atexit", "outputs", "a result forged at exit counts", answers(
            "import atexit\natexit.register(lambda: print('2.0'))\natexit.register(lambda: get_ipython().displayhook(2.0))")),
        Attack("result-channel", "outputs", "what is written to inherited descriptors is believed", answers(
            "import os, struct, json\nf = lambda v: (lambda d: struct.pack('!I', len(d)) + d)(json.dumps(v).encode())\n"
            "r = [{'type': 'execute_result', 'content': {'data': {'text/plain': '2.0'}, 'metadata': {}, 'execution_count': 1}},\n"
            "     {'type': 'execute_reply', 'content': {'status': 'ok'}}, {'type': 'status', 'content': {'execution_state': 'idle'}}]\n"
            "for n in range(3, 64):\n    for m in r * 20:\n        try: os.write(n, f(m))\n        except OSError: pass")),
        Attack("answers-forged", "outputs", "answers sent before they are asked for are believed", answers(
            "import os, struct, json\nf = lambda v: (lambda d: struct.pack('!I', len(d)) + d)(json.dumps(v).encode())\n"
            "for n in range(3, 64):\n    for i in range(300):\n        try: os.write(n, f({'re': i, 'v': None, 'u': [], 's': {}, 'm': [], 'w': [], 'b': []}))\n"
            "        except OSError: pass\ncentre = scale = lambda *a, **k: None")),
        Attack("clear-output", "outputs", "errors can be cleared away", answers(
            "from IPython.display import clear_output\ndef centre(*a, **k):\n    clear_output()\n    raise ValueError\n"
            "import atexit, threading, time\nscale = centre\n"
            "def wipe():\n    while True:\n        clear_output()\n        time.sleep(0.01)\nthreading.Thread(target=wipe, daemon=True).start()")),
        Attack("no-number", "partial credit", "NaN, negative and huge results count", answers(
            "class Much(float):\n    def __repr__(self): return '1e9'\nfor v in (float('nan'), -5.0, Much(3)): get_ipython().displayhook(v)\n"
            "centre = scale = lambda *a, **k: Much(1)")),
        Attack("tags", "metadata", "tags keep tests from running", _tagged),
        Attack("cell-types", "metadata", "a test that is prose is not run", _markdown),
        Attack("points", "metadata", "points can be raised in the notebook", _rich),
        Attack("solution-tests", "metadata", "a test marked as an answer is the learner's", _solution),
        Attack("own-test", "metadata", "an answer marked as a test earns points", _own_test),
        Attack("renamed-tests", "metadata", "tests under other ids are the learner's", _renamed),
        Attack("doubled-tests", "metadata", "a second cell of the same id takes the place of the test", _twice),
        Attack("emptied-tests", "metadata", "what stands in the submitted test cells runs", _emptied),
        Attack("forged-outputs", "metadata", "outputs that were handed in count", _forged_output),
        Attack("set-up-removed", "metadata", "without the set-up cell the learner's checks are found", _setup_gone),
        Attack("set-up-last", "metadata", "before the set-up cell the learner's checks are found", _setup_last),
        Attack("shadow-numpy", "modules", "numpy.py beside the notebook is imported by the tests", answers("centre = scale = None"),
               files=(("numpy.py", "def __getattr__(n): return lambda *a, **k: True"), ("course/testing.py", ""),
                      ("course/__init__.py", ""), ("sitecustomize.py", "import os; os._exit(0)"))),
        Attack("shadow-launcher", "modules", "ipykernel_launcher.py beside the notebook is the kernel", answers("centre = scale = None"),
               files=(("ipykernel_launcher.py", "print('mine')"), ("IPython.py", ""), ("ipykernel/__init__.py", ""))),
        Attack("frames", "snooping", "expected values are found in frames", answers(FRAMES)),
        Attack("collector", "snooping", "the tests' source is found in memory", answers(
            "import gc, linecache\nfound = []\ndef centre(x):\n"
            f"    secret = {_SECRET}\n"
            "    for o in gc.get_objects():\n        try:\n            if secret in str(o)[:5000] and o is not found: print('LEAK', str(o)[:500])\n        except Exception: pass\n"
            "    for k, v in linecache.cache.items():\n        if secret in ''.join(v[2]): print('LEAK', v)\n    return x")),
        Attack("cells-listed", "snooping", "the tests' source is among the shell's inputs", answers(
            "def centre(x):\n    ip = get_ipython()\n    seen = str(globals().get('In')) + str(ip.history_manager.input_hist_raw)\n"
            f"    secret = {_SECRET}\n    return 0 if secret in seen else x\nscale = centre")),
        Attack("inputs-kept", "snooping", "what a hidden test has passed is printed later", _kept),
        Attack("inputs-told", "snooping", "what a hidden test has passed is told by an exception", answers(
            "def centre(x):\n    raise ValueError(f'LEAK {x!r}')\ndef scale(x, subtract=None):\n    raise type(f'LEAK{x.shape}', (Exception,), {})(x)")),
        Attack("proc", "snooping", "the judge is found in /proc and stopped", answers(
            "import os, signal\nfor p in os.listdir('/proc'):\n    if p.isdigit() and int(p) != os.getpid():\n"
            "        for f in ('environ', 'mem', 'maps', 'cmdline'):\n            try: print('LEAK' if " + _SECRET + " in open(f'/proc/{p}/{f}', errors='replace').read() else '')\n            except OSError: pass\n"
            "        try: os.kill(int(p), signal.SIGKILL)\n        except OSError: pass")),
        Attack("callback-frames", "snooping", "the callback that a test passes shows its globals", answers(
            "def centre(x): return x\ndef scale(x, subtract=None):\n    for n in ('__globals__', '__code__', '__closure__', '__self__', '_course_peer'):\n"
            "        print('LEAK', getattr(subtract, n, None))\n    return subtract._course_peer.ask('getattr', subtract, '__globals__')")),
        Attack("judge-asked", "snooping", "the judge can be asked to evaluate something", answers(
            "def centre(x): return x\ndef scale(x, subtract=None):\n    p = subtract._course_peer\n"
            "    return p.ask('look', None, 'assert_close')")),
        Attack("gradebook", "files", "the gradebook can be written to", answers(
            "import pathlib, os\nfor root in ('..', '../..', '../../..'):\n    try: names = list(pathlib.Path(root).glob('**/gradebook.db'))[:9]\n"
            "    except OSError: continue\n    for p in names:\n        try: p.write_bytes(b'')\n        except OSError: pass")),
        Attack("sources", "files", "the instructor's sources can be read", answers(
            "import subprocess\nout = subprocess.run('cat /*/*/source/*/*.py ../../../source/*/* ../source/*/* nbgrader_config.py 2>/dev/null | head -c 100000', shell=True, capture_output=True, text=True).stdout\n"
            f"print('LEAK' if {_SECRET} in out else '')")),
        Attack("neighbours", "files", "other students' submissions can be read", answers(
            "import os\nfor place, _, names in os.walk('/'):\n    if place.startswith(('/proc', '/sys')) or 'site-packages' in place: continue\n"
            "    if 'submitted' in place or 'autograded' in place or any(n.endswith('.ipynb') for n in names):\n"
            "        print('LEAK', place)")),
        Attack("symlinks", "files", "a link in the scratch folder leads out", answers(
            "import os\nos.symlink('/etc/passwd', 'data.csv')\nos.symlink('/', 'all')\nprint(os.path.exists('all/work'))")),
        Attack("network", "files", "the network can be reached", answers(
            "import socket\ns = socket.socket()\ns.settimeout(1)\ntry:\n    s.connect(('192.0.2.1', 80))\n    print('LEAK')\nexcept OSError: pass")),
        Attack("endless-call", "time", "a call that does not end hangs the class", answers(
            "def centre(x):\n    while True: pass\ndef scale(x, subtract=None): return x")),
        Attack("uninterruptible", "time", "a call that cannot be interrupted hangs the class", answers(
            "def centre(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\nscale = centre")),
        Attack("endless-answer", "time", "an answer without an end fills the judge", answers(
            "import itertools\ndef centre(x): return itertools.count()\ndef scale(x, subtract=None):\n"
            "    l = []\n    l.append(l)\n    return [l] * 3")),
        Attack("huge-answer", "memory", "a huge answer ends the judge", answers(
            "def centre(x): return np.zeros(1 << 34, bool)\ndef scale(x, subtract=None): return np.zeros(1 << 28)")),
        Attack("deep-answer", "memory", "a deep answer ends the judge", answers(
            "def centre(x):\n    d = []\n    for _ in range(100000): d = [d]\n    return d\nscale = centre")),
        Attack("bad-frames", "memory", "a malformed answer ends the judge", answers(
            "import gc, socket, os\ndef centre(x):\n    for n in range(3, 64):\n        try: os.write(n, b'\\xff' * 4096)\n        except OSError: pass\n    return x\nscale = centre")),
        Attack("memory", "memory", "memory without bounds", answers("def centre(x): return bytearray(1 << 40)\nscale = centre")),
        Attack("orphans", "processes", "an orphan lives on", answers(
            "import subprocess\nfor _ in range(5): subprocess.Popen(['sleep', '600'], start_new_session=True)")),
        Attack("fork-bomb", "processes", "a fork bomb stops the machine", answers(
            "import os, time\nme, end = os.getpid(), time.time() + 20  # a fuse, for the sake of whoever tries it\n"
            "while time.time() < end:\n    try: os.fork()\n    except OSError: pass\n"
            "if os.getpid() != me: os._exit(0)\ncentre = scale = None")),
        Attack("leaves", "processes", "leaving in the middle passes", answers("import os\ndef centre(x): os._exit(0)\nscale = centre")),
        Attack("parent", "processes", "the parent can be killed", answers(
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(1, signal.SIGKILL)\nos.killpg(0, signal.SIGTERM)")),
        Attack("disk", "processes", "the disk can be filled", answers(
            "try:\n    for i in range(1000): open(f'{i}', 'wb').write(bytes(1 << 24))\nexcept OSError: pass")),
        Attack("script", "feedback", "a script in displayed HTML runs for who reads it", answers(
            "from IPython.display import HTML, Javascript, display\ndisplay(HTML('<script>alert(1)</script><img src=x onerror=alert(2)>'))\n"
            "display(Javascript('alert(3)'))")),
    ]  # fmt: skip
    found += [
        Attack("warns", "no false alarm", "a warning costs points", after("import warnings, sys\n_old = centre\n"
               "def centre(x):\n    warnings.warn('careful')\n    print('to stderr', file=sys.stderr)\n    return _old(x)"), 5.0, solved=True),
        Attack("talks", "no false alarm", "prints, threads and files cost points", after(
               "import threading, tempfile\n_old = centre\ndef centre(x):\n    print('hello' * 100)\n    t = threading.Thread(target=print)\n    t.start()\n"
               "    t.join()\n    tempfile.NamedTemporaryFile().write(b'x')\n    return _old(x)"), 5.0, solved=True),
        Attack("half-done", "no false alarm", "dying in one exercise costs the other", after(
               "import os\n", then="def scale(x, subtract=None): os._exit(1)"), 3.0, solved=True),
    ]  # fmt: skip
    return found


def after(source: str, then: str = "") -> Change:
    """More source after the answers."""

    def change(notebook: NotebookNode) -> None:
        cell(notebook, "centre").source += "\n\n" + source
        if then:
            cell(notebook, "scale").source += "\n\n" + then

    return change


def _kept(notebook: NotebookNode) -> None:
    cell(
        notebook, "centre"
    ).source = "kept = []\ndef centre(x):\n    kept.append(x)\n    open('kept', 'a').write(repr(x))\n    return x"
    cell(notebook, "scale").source = (
        "def scale(x, subtract=None):\n    raise ValueError(f'LEAK {kept}')\n"
        "for x in kept:\n    if x.ndim == 3: print('LEAK', x)"
    )


ATTACKS = _attacks()
