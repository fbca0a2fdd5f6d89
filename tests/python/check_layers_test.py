"""Plants breaches of the layers in small trees and expects scripts/check_layers.py to find exactly those."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import check_layers


class CheckLayers(unittest.TestCase):
    def breaches(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check_layers.find_breaches(root)

    def places(self, files):
        return [(breach.file, breach.line) for breach in self.breaches(files)]

    def assert_planted(self, name, text, line=1):
        self.assertEqual({(name, line)}, set(self.places({name: text})), text)

    def test_a_tree_that_keeps_the_layers_is_accepted(self):
        self.assertEqual([], self.places({
            "common/ids.hpp": "#include <string>\n",
            "scheduler/core/step.hpp": '#include <map>\n#include <random>\n#include "common/ids.hpp"\n',
            "scheduler/core/step.cpp": '#include "scheduler/core/step.hpp"\n// Not steady_clock::now().\n',
            "scheduler/shell/actor.cpp": '#include <caf/all.hpp>\n#include "scheduler/core/step.hpp"\n',
            "agent/shell/main.cpp": "auto t = std::chrono::steady_clock::now();\n",
            "common/clock.cpp": "auto t = std::chrono::system_clock::now();\n",
        }))

    def test_a_core_names_no_library_that_touches_the_world(self):
        for header in ("caf/all.hpp", "zmq.hpp", "zmq_addon.hpp", "sqlite3.h", "cuda_runtime.h", "opencv2/core.hpp",
                       "prometheus/counter.h", "thread", "mutex", "fstream", "filesystem", "yaml-cpp/yaml.h", "unistd.h"):
            for core in ("scheduler/core", "agent/core"):
                self.assert_planted(f"{core}/step.cpp", f"\n#include <{header}>\n", line=2)

    def test_a_core_reads_no_clock_and_no_randomness(self):
        for code in ("auto t = Clock::now();", "std::chrono::steady_clock::time_point t;", "std::random_device seed;",
                     "std::thread t;", "auto h = getenv(name);"):
            self.assert_planted("agent/core/slots.cpp", code)

    def test_a_core_has_no_container_of_hash_order(self):
        self.assert_planted("scheduler/core/state.hpp", "#include <unordered_map>\n")
        self.assert_planted("scheduler/core/state.hpp", "std::unordered_set<int> seen;\n")
        self.assertEqual([], self.places({"agent/shell/page.hpp": "#include <unordered_map>\n"}))

    def test_a_core_includes_only_common_and_itself(self):
        for header in ("scheduler/store/store.hpp", "scheduler/shell/actor.hpp", "local.hpp"):
            self.assert_planted("scheduler/core/step.hpp", f'#include "{header}"\n')

    def test_a_core_does_not_reach_the_world_through_common(self):
        tree = {
            "common/pure.hpp": '#include "common/reader.hpp"\n',
            "common/reader.hpp": "struct Document;\n",
            "common/reader.cpp": '#include "common/reader.hpp"\n#include <yaml-cpp/yaml.h>\n',
            "scheduler/core/step.hpp": '#include <map>\n#include "common/pure.hpp"\n',
        }
        found = self.breaches(tree)
        self.assertEqual([("scheduler/core/step.hpp", 2)], [(b.file, b.line) for b in found])
        self.assertIn("common/reader.cpp:2 includes <yaml-cpp/yaml.h>", found[0].reason)

    def test_scheduler_and_agent_meet_in_common_only(self):
        self.assert_planted("scheduler/shell/main.cpp", '#include "agent/core/slots.hpp"\n')
        self.assert_planted("agent/shell/main.cpp", '#include "scheduler/core/step.hpp"\n')
        self.assert_planted("common/wire.hpp", '#include "scheduler/core/step.hpp"\n')
        self.assert_planted("scheduler/shell/main.cpp", "#include <drover/task.hpp>\n")

    def test_caf_stays_in_shells(self):
        self.assert_planted("scheduler/net/gateway.cpp", "#include <caf/all.hpp>\n")
        self.assert_planted("common/ids.hpp", "#include <caf/type_id.hpp>\n")

    def test_only_the_clock_file_reads_the_wall_clock(self):
        for code in ("auto t = std::chrono::system_clock::now();", "auto t = std::time(nullptr);", "auto t = ::time(0);",
                     "auto t = time(nullptr);", "clock_gettime(CLOCK_REALTIME, &t);"):
            self.assert_planted("tools/cli/show.cpp", code)
        self.assertEqual([], self.places({"tools/cli/show.cpp": "auto t = item.time(); int run_time(int); auto d = wait.time(0);\n"}))

    def test_nothing_runs_a_command_shell(self):
        for code in ("std::system(command);", "  return system(command);", "x = system(command);", "auto* f = popen(command, mode);", "::system(command);"):
            self.assert_planted("agent/worker/command.cpp", code)
        self.assertEqual([], self.places({"agent/worker/command.cpp": "std::system_error e; operating_system(x); caf::actor_system system(config);\n"}))

    def test_comments_and_strings_are_not_code(self):
        self.assertEqual([], self.places({"agent/core/slots.cpp": '/* steady_clock::now()\n * std::thread */\nauto s = "Clock::now()";\n'
                                          "auto n = 1'000'000; // random_device\n"}))


if __name__ == "__main__":
    unittest.main()
