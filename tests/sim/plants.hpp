#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "common/plant.hpp"

namespace drover::sim {

/// A mistake that can be planted: the sixteen that a simulator of such a system must find, and more
/// of the same kind.
struct Planted {
  int number;
  const char* name;
  Plant plant;
  const char* what;
};

std::span<const Planted> all_plants();
/// By name or number.
const Planted* find_plant(std::string_view name);

}  // namespace drover::sim
