#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/causes.hpp"
#include "common/result.hpp"

namespace drover::worker {

/// A program that runs for this process, with pipes to its stdin and from its stdout; its stderr is
/// ours. It is in our process group and dies with the thread that started it.
///
/// Owns     The program: it is killed where it still runs when this goes.
class CommandProcess {
 public:
  /// `command` is taken word for word; a program without a slash is looked for on PATH. A program
  /// that cannot be run is found by its exit status 127. Errors: Unavailable.
  static Result<CommandProcess> start(const std::vector<std::string>& command,
                                      const std::filesystem::path& folder);

  CommandProcess(CommandProcess&& other) noexcept { swap(other); }
  CommandProcess& operator=(CommandProcess&& other) noexcept {
    swap(other);
    return *this;
  }
  ~CommandProcess();

  /// How a program ended: by itself, or by a signal.
  struct Ending {
    std::optional<int> signal;
    int exit_status = 0;
  };

  /// Writes `text` while it reads a line, which is given without its newline. Nothing where the
  /// program closed its stdout before. Errors: TooLarge, Unavailable.
  Result<std::optional<std::string>> exchange_line(std::string_view text);
  /// Whether it waits for input: it has not ended, and has printed nothing that was not read.
  bool waits() const;
  /// Writes `text`, closes the program's stdin, and reads all it prints. Errors: as above.
  Result<std::string> exchange_all(std::string_view text);
  /// Waits for its end.
  Ending wait();

 private:
  CommandProcess() = default;
  void swap(CommandProcess& other) noexcept;
  /// Writes, and reads until `enough` of what was read is true or the program's stdout is closed.
  template <class Enough>
  Result<void> exchange(std::string_view text, bool close_after, Enough enough);

  pid_t pid_ = 0;
  int to_ = -1;
  int from_ = -1;
  std::string read_;  // what was read beyond the last line
};

inline constexpr std::size_t max_answer_bytes = std::size_t{8} << 20U;  ///< As JSON.

}  // namespace drover::worker
