"""Runs scripts against a pretended machine, and lints all of them."""

import os
import pathlib
import py_compile
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


def shell_scripts():
    found = [ROOT / ".ci" / "run", *SCRIPTS.glob("lib/*.sh")]
    found += [path for path in SCRIPTS.iterdir() if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash")]
    return sorted(found)


class Lint(unittest.TestCase):
    def test_shellcheck_has_no_objection(self):
        self.assertIn(SCRIPTS / "setup", shell_scripts())
        checked = subprocess.run(["shellcheck", "-x", "-P", str(ROOT), *map(str, shell_scripts())],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(0, checked.returncode, checked.stdout)

    def test_python_files_compile(self):
        for path in [*SCRIPTS.glob("*.py"), *ROOT.glob("tests/**/*.py")]:
            with tempfile.TemporaryDirectory() as folder:
                py_compile.compile(str(path), cfile=os.path.join(folder, "out.pyc"), doraise=True)

    def test_no_package_is_listed_twice(self):
        lines = (line.split("#")[0].strip() for line in (SCRIPTS / "packages.txt").read_text().splitlines())
        packages = [line for line in lines if line and not line.startswith("[")]
        self.assertEqual(sorted(set(packages)), sorted(packages))
        self.assertNotIn("libmsgpack-dev", packages)

    def test_documents_link_to_files_that_exist(self):
        documents = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")]
        links = [(document, link) for document in documents
                 for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE))]
        self.assertIn((ROOT / "README.md", "docs/tasks.md"), links)
        broken = [f"{document.relative_to(ROOT)}: {link}" for document, link in links if not (document.parent / link).exists()]
        self.assertEqual([], broken)


class PretendedMachine(unittest.TestCase):
    """A copy of the scripts on a machine whose apt and dpkg are pretended; nothing here touches the real ones."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(SCRIPTS, self.folder / "scripts")
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in ("bash", "dirname", "basename", "awk", "sed", "fold", "tail", "head", "mkdir", "mktemp", "chmod", "cp", "mv",
                     "rm", "rmdir", "find", "env", "cat", "tput"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.pretend("apt-get", f'echo "apt-get $*" >>"{self.folder}/calls"; [ "$1" != install ] || exit "${{APT_FAILS:-0}}"')
        self.pretend("id", "echo 1000")

    def pretend(self, name, body):
        path = self.bin / name
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)

    def run_script(self, name, *arguments, **environment):
        return subprocess.run([str(self.folder / "scripts" / name), *arguments], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False, env={"PATH": str(self.bin), **environment})

    def calls(self):
        path = self.folder / "calls"
        return path.read_text() if path.exists() else ""


class Setup(PretendedMachine):
    def setUp(self):
        super().setUp()
        onnxruntime = self.folder / ".setup" / "onnxruntime"
        onnxruntime.mkdir(parents=True)
        (onnxruntime / "complete-1.31.1").touch()

    def run_setup(self, *arguments, **environment):
        return self.run_script("setup", *arguments, **environment)

    def test_calls_nothing_when_everything_is_there(self):
        self.pretend("dpkg-query", "echo -n installed")
        result = self.run_setup()
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("[1/2] packages        ok (already there)", result.stdout)
        self.assertEqual("", self.calls())

    def test_asks_nobody_without_a_terminal_and_says_what_to_run(self):
        self.pretend("dpkg-query", "exit 1")
        self.pretend("sudo", 'exec "$@"')
        result = self.run_setup()
        self.assertEqual(1, result.returncode)
        self.assertIn("no terminal to ask on. Run  scripts/setup --yes", result.stderr)
        self.assertEqual("", self.calls())

    def test_names_the_packages_where_there_is_no_sudo(self):
        self.pretend("dpkg-query", '[ "${@: -1}" = libcaf-dev ] || echo -n installed')
        result = self.run_setup("--yes")
        self.assertEqual(1, result.returncode)
        self.assertIn("1 Debian packages are missing and there is no sudo", result.stderr)
        self.assertIn("apt-get install --no-install-recommends libcaf-dev", result.stderr)

    def test_installs_only_what_is_missing(self):
        self.pretend("dpkg-query", '[ "${@: -1}" = libcaf-dev ] || echo -n installed')
        self.pretend("id", "echo 0")
        result = self.run_setup()
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("1 installed", result.stdout)
        self.assertTrue(self.calls().rstrip().endswith(" libcaf-dev"), self.calls())

    def test_says_which_packages_could_not_be_installed(self):
        self.pretend("dpkg-query", '[ "${@: -1}" = libcaf-dev ] || echo -n installed')
        self.pretend("id", "echo 0")
        result = self.run_setup(APT_FAILS="100")
        self.assertEqual(1, result.returncode)
        self.assertIn("apt-get could not install libcaf-dev", result.stderr)

    def test_an_unknown_argument_is_named(self):
        result = self.run_setup("--quick")
        self.assertEqual(2, result.returncode)
        self.assertIn("unknown argument --quick", result.stderr)


class GetImages(PretendedMachine):
    def setUp(self):
        super().setUp()
        (self.folder / "tests").symlink_to(ROOT / "tests")
        self.pretend("apt-get", "exit 100")
        self.images = self.folder / "demo" / "images"

    def test_takes_the_frames_of_the_tests_without_a_network(self):
        result = self.run_script("get-images")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("25 in ", result.stdout)
        self.assertIn("24 street frames and one that is broken on purpose (there are 795", result.stdout)
        broken = (self.images / "broken_on_purpose.jpg").read_bytes()
        self.assertEqual(12288, len(broken))
        self.assertTrue(any(frame.read_bytes().startswith(broken) for frame in self.images.glob("frame_*.jpg")))

    def test_leaves_other_files_and_a_second_call_changes_nothing(self):
        self.images.mkdir(parents=True)
        (self.images / "mine.jpg").write_text("mine")
        self.run_script("get-images")
        before = sorted((path.name, path.stat().st_mtime_ns) for path in self.images.iterdir())
        result = self.run_script("get-images")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertEqual(before, sorted((path.name, path.stat().st_mtime_ns) for path in self.images.iterdir()))
        self.assertEqual("mine", (self.images / "mine.jpg").read_text())

    def test_fetches_nothing_when_all_frames_are_there(self):
        self.images.mkdir(parents=True)
        for number in range(1, 796):
            (self.images / f"frame_{number:04}.jpg").touch()
        (self.images / "broken_on_purpose.jpg").touch()
        self.pretend("apt-get", f'touch "{self.folder}/called"; exit 100')
        result = self.run_script("get-images")
        self.assertIn("795 street frames", result.stdout)
        self.assertFalse((self.folder / "called").exists())


if __name__ == "__main__":
    unittest.main()
