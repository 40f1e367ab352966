"""Builds the wheel and tests what is in it: `python3 run_tests.py [REPORT.json]`.

The core runs on this Python and on the oldest from 3.9 on that this machine has. Whatever that is, the package is held
against the syntax and the standard library of 3.9, the oldest that is supported. The adapters run on the packages that `locks` pin, each set
in an environment of its own below `.venvs`, made anew when its lock changes. The tests see an empty environment, and only
loopback is spoken to. Where PyPI cannot be reached the core is tested as it lies here, and the rest is named as skipped.
"""

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
VENVS = os.path.join(HERE, ".venvs")
#: Minutes, since how fast a registry is must not decide.
INSTALL_S = 900
TEST_S = 900
OLDEST = (3, 9)
#: What the locks were made for.
FRAMEWORKS_FROM = (3, 11)

CORE = [
    "tests.test_parts",
    "tests.test_client",
    "tests.test_guard",
    "tests.test_levels",
    "tests.test_budgets",
    "tests.test_trees",
]
ADAPTERS = {
    "frameworks": ["langchain", "openai_agents", "pydantic_ai", "agent_framework"],
    "google-adk": ["google_adk"],
    "crewai": ["crewai"],
}


#: Nothing of this is looked for in the network.
QUIET = {"OTEL_SDK_DISABLED": "true", "CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false"}


def python_of(venv: str) -> str:
    return os.path.join(venv, "bin", "python")


def call(*command: str, timeout: float = INSTALL_S, **more: Any) -> None:
    """Raises RuntimeError with what it printed."""
    done = subprocess.run(
        command, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} … failed:\n{done.stdout[-2000:]}")


def locked(name: str, install: Any) -> str:
    """The environment of a lock, installed once for each content of it."""
    lock = os.path.join(HERE, "locks", f"{name}.txt")
    with open(lock, "rb") as file:
        stamp = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()
    venv = os.path.join(VENVS, name)
    done = os.path.join(venv, "installed")
    if os.path.exists(done) and open(done).read() == stamp:
        return venv
    shutil.rmtree(venv, ignore_errors=True)
    install(venv, lock)
    with open(done, "w") as file:
        file.write(stamp)
    return venv


def with_pip(venv: str, lock: str) -> None:
    call(sys.executable, "-m", "venv", venv)
    call(python_of(venv), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock)


def with_uv(tools: str) -> Any:
    uv = os.path.join(tools, "bin", "uv")

    def install(venv: str, lock: str) -> None:
        call(uv, "venv", "--quiet", "--python", sys.executable, venv)
        call(uv, "pip", "install", "--quiet", "--python", python_of(venv), "--require-hashes", "-r", lock)

    return install


def build(tools: str, into: str) -> str:
    """The wheel, built from a copy, so that nothing is left behind here."""
    source = os.path.join(into, "source")
    shutil.copytree(
        HERE, source, ignore=shutil.ignore_patterns(".venvs", "build", "tests", "__pycache__", "*.egg-info")
    )
    wheels = ["--no-deps", "--no-build-isolation", "--wheel-dir", into]
    call(python_of(tools), "-m", "pip", "wheel", "--quiet", *wheels, source)
    return glob.glob(os.path.join(into, "sentinel_agents-*.whl"))[0]


def oldest() -> "Optional[tuple[str, str]]":
    """The oldest supported Python that runs here, older than this one: its version, and the program."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    for minor in range(OLDEST[1], sys.version_info.minor):
        version = f"{OLDEST[0]}.{minor}"
        found = glob.glob(os.path.join(pyenv, "versions", f"{version}.*", "bin", "python"))
        for candidate in [f"python{version}", *found]:
            try:
                call(candidate, "-c", "import ssl", timeout=30)
                return version, candidate
            except (OSError, RuntimeError):
                pass
    return None


def fits_oldest(tools: str) -> list[dict[str, str]]:
    """Whether the package uses nothing that came after the oldest version: by its syntax tree, so on any machine."""
    version = ".".join(map(str, OLDEST))
    name = f"syntax and standard library of Python {version}"
    rules = [f"--target={version}-", "--violations", "--no-tips", "--eval-annotations", "--feature", "union-types"]
    try:
        call(
            os.path.join(tools, "bin", "vermin"), *rules, "src", *(f"{m.replace('.', '/')}.py" for m in CORE), cwd=HERE
        )
    except RuntimeError as error:
        return [{"name": name, "status": "failed", "message": str(error)}]
    return [{"name": name, "status": "passed", "message": ""}]


def skipped(name: str, why: str) -> dict[str, str]:
    print(f"skipped: {name}: {why}", flush=True)
    return {"name": name, "status": "skipped", "message": why}


def test(title: str, python: str, path: str, modules: list[str]) -> list[dict[str, str]]:
    """Runs test modules with `path` on Python's path, from a copy of the tests, in an empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(HERE, "tests"), os.path.join(folder, "tests"))
        out = os.path.join(folder, "report.json")
        cache = os.path.join(VENVS, "pycache")
        mine = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": cache}
        env = {**QUIET, **mine}
        command = [python, "-m", "tests.report", out, *modules]
        done = subprocess.run(
            command, cwd=folder, env=env, timeout=TEST_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        printed = done.stdout.decode(errors="replace")
        if not os.path.exists(out):
            return [{"name": title, "status": "failed", "message": printed[-4000:]}]
        with open(out) as file:
            report = json.load(file)
    tests: list[dict[str, str]] = report["tests"]
    failed = sum(1 for each in tests if each["status"] == "failed")
    if failed:
        print(printed)
    print(f"{title}: {len(tests)} tests, {failed} failed, {report['seconds']:.1f} s", flush=True)
    return [{**each, "name": f"{title}: {each['name']}"} for each in tests]


def types(tools: str) -> list[dict[str, str]]:
    name = "types and lint"
    try:
        cache = os.path.join(VENVS, "mypy")
        call(python_of(tools), "-m", "mypy", "--cache-dir", cache, "src/sentinel_agents", cwd=HERE)
        call(
            os.path.join(tools, "bin", "ruff"),
            "check",
            "--no-cache",
            "--quiet",
            "--output-format",
            "concise",
            ".",
            cwd=HERE,
        )
        call(os.path.join(tools, "bin", "ruff"), "format", "--no-cache", "--check", "--quiet", ".", cwd=HERE)
    except RuntimeError as error:
        return [{"name": name, "status": "failed", "message": str(error)}]
    return [{"name": name, "status": "passed", "message": ""}]


def everything() -> list[dict[str, str]]:
    told: list[dict[str, str]] = []
    jobs: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(HERE, "src")
        try:
            tools = locked("tools", with_pip)
            path = os.path.join(folder, "site")
            call(os.path.join(tools, "bin", "uv"), "pip", "install", "--quiet", "--no-deps", "--target", path,
                 "--python", sys.executable, build(tools, folder))  # fmt: skip
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            return [
                skipped("the wheel and the adapters", f"the tools could not be installed: {error}"),
                *test("core", sys.executable, os.path.join(HERE, "src"), CORE),
            ]
        jobs.append(lambda: test("core", sys.executable, path, CORE))
        jobs.append(lambda: types(tools))
        jobs.append(lambda: fits_oldest(tools))
        old = oldest()
        if old:
            version, python = old
            jobs.append(lambda: test(f"core, Python {version}", python, path, CORE))
        print(f"oldest Python that the core runs on here: {old[0] if old else sys.version.split()[0]}", flush=True)
        for lock, adapters in ADAPTERS.items():
            if sys.version_info[:2] < FRAMEWORKS_FROM:
                told.append(skipped(lock, f"the locks need Python {FRAMEWORKS_FROM[0]}.{FRAMEWORKS_FROM[1]} or newer"))
                continue
            try:
                venv = locked(lock, with_uv(tools))
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                told.append(skipped(lock, f"its packages could not be installed: {error}"))
                continue
            modules = [f"tests.adapters.test_{name}" for name in adapters]
            jobs.append(lambda lock=lock, venv=venv, modules=modules: test(lock, python_of(venv), path, modules))
        with ThreadPoolExecutor(max_workers=2) as pool:
            for result in pool.map(lambda job: job(), jobs):
                told.extend(result)
    return told


def main(out: Optional[str]) -> int:
    told = everything()
    count = {status: sum(1 for each in told if each["status"] == status) for status in ("passed", "failed", "skipped")}
    for each in told:
        if each["status"] == "failed":
            print(f"FAILED {each['name']}\n{each['message']}")
    print(", ".join(f"{number} {status}" for status, number in count.items()))
    if out:
        # The shape of vitest's JSON report, which the suite reads.
        lines = [{"fullName": t["name"], "status": t["status"], "failureMessages": [t["message"]]} for t in told]
        with open(out, "w") as file:
            json.dump({"testResults": [{"name": "sdk/python", "message": "", "assertionResults": lines}]}, file)
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
