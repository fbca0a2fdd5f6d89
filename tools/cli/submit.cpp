#include "tools/cli/submit.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/cli/changed_tasks.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/follow.hpp"
#include "tools/cli/model_words.hpp"
#include "tools/cli/print.hpp"
#include "tools/cli/to_json.hpp"
#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

/// A run is named by its client: sending the same request twice starts one run.
RunId random_run() {
  RunId run;
  if (::getrandom(run.bytes.data(), run.bytes.size(), 0) !=
      static_cast<ssize_t>(run.bytes.size())) {
    fmt::print(stderr, "the kernel gives no random numbers\n");
    std::_Exit(wrong_usage);
  }
  return run;
}

std::string who() {
  const passwd* user = ::getpwuid(::getuid());
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return "";
  return fmt::format("{}@{}", user != nullptr ? user->pw_name : std::to_string(::getuid()),
                     host.data());
}

Result<std::string> read_text(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(ErrorCode::Invalid, fmt::format("{} is a folder; a workflow is a YAML file", path));
  }
  std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file)
    return fail(ErrorCode::NotFound,
                fmt::format("the workflow {} cannot be read: no such file", path));
  return text.str();
}

/// What is wrong with the models of the workflow; nothing else looks at them before the items do.
std::optional<wire::Rejected> wrong_models(const Target& target, const wire::Submit& submit) {
  const auto address = address_of(target);
  const bool here =
      address && (address->starts_with("tcp://127.") || address->starts_with("tcp://localhost:") ||
                  address->starts_with("tcp://[::1]:"));
  const auto found = model_problems(submit.text, submit.file, submit.inputs, here);
  if (found.empty()) return std::nullopt;
  wire::Rejected rejected{render(found, submit.text), {}};
  for (const auto& each : found) {
    const bool in_file = each.line > 0;
    rejected.problems.push_back({in_file ? each.file : "", each.line, each.column, each.length,
                                 in_file ? "" : each.file, each.message, "", each.hint});
  }
  return rejected;
}

Result<wire::Submit> submission(const RunOptions& options) {
  wire::Submit submit;
  submit.run = random_run();
  submit.file = options.file;
  std::error_code gone;
  submit.working_directory = std::filesystem::current_path(gone).string();
  if (gone) {
    return fail(ErrorCode::NotFound,
                "the folder that this is called in is not there any more: cd to another");
  }
  submit.submitted_by = who();
  for (const auto& input : options.inputs) {
    const auto equals = input.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::Invalid,
                  fmt::format("-i {}: an input is written name=value:  -i {}=VALUE", input,
                              equals == 0 ? "NAME" : input));
    }
    if (!submit.inputs.emplace(input.substr(0, equals), input.substr(equals + 1)).second) {
      return fail(ErrorCode::Invalid,
                  fmt::format("-i {}: this input is given twice", input.substr(0, equals)));
    }
  }
  submit.reuse = options.reuse;
  submit.allow_failed = options.allow_failed;
  auto text = read_text(options.file);
  if (!text) return tl::unexpected(text.error());
  submit.text = std::move(*text);
  return submit;
}

void print_warnings(const wire::Submitted& submitted) {
  for (const auto& warning : submitted.warnings) remark("warning: " + warning);
}

/// Asks what is to become of results of tasks that were built anew since, and asks the scheduler
/// again, with the answer. Nothing: nothing is to be started.
template <class Request>
std::optional<Result<wire::ClientReply>> settle_changed(const wire::ChangedTasks& changed,
                                                        net::Client& client, Request request,
                                                        const std::string& wanted) {
  if (wanted == "stop") {
    for (const auto& step : changed.steps) remark(told(step, changed.run));
  }
  request.changed = wanted == "stop" ? wanted : ask_about(changed);
  if (request.changed != "stop") return client.request(request, patience);
  remark("nothing was started");
  return std::nullopt;
}

/// Sends a request that starts a run; the run's status then is the command's.
template <class Request>
int start(const Target& target, Request request, const std::string& changed, bool detach,
          bool json) {
  auto client = connect(target);
  if (!client) return print(client.error());
  request.changed = changed == "stop" ? "ask" : changed;
  auto reply = (*client)->request(request, patience);
  if (const auto* tasks = reply ? std::get_if<wire::ChangedTasks>(&*reply) : nullptr) {
    auto settled = settle_changed(wire::ChangedTasks(*tasks), **client, request, changed);
    if (!settled) return wrong_usage;
    reply = std::move(*settled);
  }
  if (!reply) return print(reply.error());
  if (const auto* rejected = std::get_if<wire::Rejected>(&*reply)) return print(*rejected, json);
  if (const auto* failed = std::get_if<wire::Failed>(&*reply))
    return print(Error{failed->code, failed->context});
  const auto* submitted = std::get_if<wire::Submitted>(&*reply);
  if (submitted == nullptr)
    return print(Error{ErrorCode::Internal, "the scheduler gave another answer"});
  print_warnings(*submitted);
  if (detach) {
    if (json) {
      fmt::print("{}\n", text_of(to_json(*submitted)));
    } else {
      say({fmt::format("run {}  {}", submitted->short_id, submitted->name),
           "  watch it   drover watch " + submitted->short_id});
    }
    return succeeded;
  }
  FollowOptions options;
  options.json = json;
  return follow(target, **client, to_string(submitted->run), options);
}

}  // namespace

int run_workflow(const Target& target, const RunOptions& options) {
  const auto submit = submission(options);
  if (!submit) return print(submit.error());
  if (const auto wrong = wrong_models(target, *submit)) return print(*wrong, options.json);
  return start(target, *submit, options.changed, options.detach, options.json);
}

int check_workflow(const Target& target, const RunOptions& options) {
  auto submit = submission(options);
  if (!submit) return print(submit.error());
  if (const auto wrong = wrong_models(target, *submit)) return print(*wrong, options.json);
  submit->dry_run = true;
  auto client = connect(target);
  if (!client) return print(client.error());
  const auto reply = (*client)->request(*submit, patience);
  if (!reply) return print(reply.error());
  if (const auto* rejected = std::get_if<wire::Rejected>(&*reply))
    return print(*rejected, options.json);
  if (const auto* failed = std::get_if<wire::Failed>(&*reply))
    return print(Error{failed->code, failed->context});
  const auto* fine = std::get_if<wire::Submitted>(&*reply);
  if (fine == nullptr)
    return print(Error{ErrorCode::Internal, "the scheduler gave another answer"});
  print_warnings(*fine);
  if (options.json) {
    fmt::print("{}\n", text_of(Json{{"name", fine->name},
                                    {"steps", fine->steps},
                                    {"problems", Json::array()},
                                    {"warnings", fine->warnings}}));
  } else {
    fmt::print("{}: {} is right, {}\n", options.file, fine->name,
               counted(fine->steps.size(), "step"));
  }
  return succeeded;
}

int rerun(const Target& target, const RerunOptions& options) {
  wire::Rerun request;
  request.run = random_run();
  request.parent = options.run;
  request.failed_only = options.failed;
  request.items = options.items;
  request.signature = options.signature;
  request.allow_failed = options.allow_failed;
  request.submitted_by = who();
  return start(target, request, options.changed, options.detach, options.json);
}

}  // namespace drover::tools
