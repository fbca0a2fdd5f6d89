#include "tools/bench/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/check.hpp"
#include "tools/render/table.hpp"

namespace drover::bench {
namespace {

std::string number(double value) {
  if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.0f} k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

}  // namespace

double median_of(std::vector<double> values) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Measurement measurement(std::string name, std::string figure, std::vector<double> all) {
  Measurement result;
  result.name = std::move(name);
  result.figure = std::move(figure);
  result.median = median_of(all);
  result.all = std::move(all);
  return result;
}

Measurement at_least(std::string name, std::string figure, std::vector<double> all, double bound) {
  Measurement result = measurement(std::move(name), std::move(figure), std::move(all));
  result.target = fmt::format("at least {}", number(bound));
  result.met = result.median >= bound;
  return result;
}

Measurement at_most(std::string name, std::string figure, std::vector<double> all, double bound) {
  Measurement result = measurement(std::move(name), std::move(figure), std::move(all));
  result.target = fmt::format("at most {}", number(bound));
  result.met = result.median <= bound;
  return result;
}

std::string table_of(const std::vector<Measurement>& measurements) {
  tools::Table table({"benchmark", "figure", "median", "least", "most", "target", "met"});
  for (const auto& m : measurements) {
    const auto [least, most] = std::minmax_element(m.all.begin(), m.all.end());
    table.add({m.name, m.figure, number(m.median), number(*least), number(*most), m.target,
               m.target.empty() ? ""
               : m.met          ? "yes"
                                : "no"});
  }
  return table.text(tools::Terminal{});
}

std::string json_of(const std::vector<Measurement>& measurements) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& m : measurements) {
    all.push_back({{"benchmark", m.name},
                   {"figure", m.figure},
                   {"median", m.median},
                   {"all", m.all},
                   {"target", m.target},
                   {"met", m.met}});
  }
  return all.dump(2);
}

}  // namespace drover::bench
