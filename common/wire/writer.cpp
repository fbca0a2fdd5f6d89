#include "common/wire/writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/utf8.hpp"
#include "common/wire/limits.hpp"

namespace drover::wire {

void Writer::write_text(std::string_view value) {
  if (is_utf8(value)) return packed::append_str(frame_, value);
  packed::append_str(frame_, repaired_utf8(value));
}

void Writer::begin_array(std::size_t count) {
  check_count(count);
  packed::append_array(frame_, count);
}

void Writer::begin_map(std::size_t count) {
  check_count(count);
  if (count < 16) return frame_.push_back(static_cast<char>(0x80U | count));
  packed::append_big_endian(frame_, '\xde', static_cast<std::uint16_t>(count));
}

void Writer::check_count(std::size_t count) {
  if (count > max_elements && too_large_.empty()) {
    too_large_ = fmt::format("{}: {} elements, a message holds at most {} of them",
                             fmt::join(path_, "."), count, max_elements);
  }
  elements_ += count;
  if (elements_ > max_elements_in_all && too_large_.empty()) {
    too_large_ = fmt::format("{}: here it has more than {} elements in all", fmt::join(path_, "."),
                             max_elements_in_all);
  }
}

Result<std::string> Writer::finish() && {
  if (!too_large_.empty()) return fail(ErrorCode::TooLarge, too_large_);
  const std::string_view kind = path_.empty() ? "a message" : path_.front();
  if (frame_.size() > max_frame_bytes) {
    return fail(ErrorCode::TooLarge, fmt::format("{}: {} bytes, a message holds at most {}", kind,
                                                 frame_.size(), max_frame_bytes));
  }
  return std::move(frame_);
}

}  // namespace drover::wire
