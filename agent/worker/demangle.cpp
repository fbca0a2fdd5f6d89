#include "agent/worker/demangle.hpp"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <memory>

namespace drover::worker {
namespace {

bool is_of_symbol(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$';
}

std::string readable(const std::string& symbol) {
  if (!symbol.starts_with("_Z")) return symbol;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return name != nullptr ? name.get() : symbol;
}

}  // namespace

std::string demangled(std::string_view text) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_symbol(text[end])) ++end;
    if (end > at) rest += readable(std::string(text.substr(at, end - at)));
    if (end < text.size()) rest += text[end];
    at = end + 1;
  }
  return rest;
}

}  // namespace drover::worker
