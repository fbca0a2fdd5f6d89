#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/types/catalogue.hpp"

namespace drover {

/// The tasks that workflows in tests use.
inline Catalogue test_catalogue() {
  const std::vector<std::string> texts = {
      "list_objects(prefix: uri, suffixes: list[str]?) -> list[uri]",
      "read_list(file: uri) -> list[uri]",
      "sequence(count: int) -> list[int]",
      "flatten(lists: list[list[T]]) -> list[T]",
      "noop(value: int) -> int",
      "scale(value: float, factor: float?) -> float",
      "mean(values: list[float]) -> float",
      "label(text: str) -> str",
      "describe(names: list[str]) -> str",
      "pick(box: Box?, labels: list[str]?) -> Box\nBox: {label: str, score: float, note: str?}",
      "count_succeeded(results: list[T?]) -> Counts\nCounts: {succeeded: int, failed: int}",
      "detect(image: uri, model: str, score: float?, draw: bool?) -> Detections batched\n"
      "Detections: {image: uri, boxes: list[Box]}\n"
      "Box: {label: str, score: float, note: str?}",
      "crop(image: uri, index: int, model: str) -> uri",
      "summarise_detections(detections: list[Detections?]) -> list[Count]\n"
      "Detections: {image: uri, boxes: list[Box]}\n"
      "Count: {label: str, objects: int, images: int}\n"
      "Box: {label: str, score: float, note: str?}",
      "report_failures(failures: list[Failure]) -> uri\n"
      "Failure: {index: int, key: str, reason: str}",
  };
  Catalogue catalogue;
  for (const auto& text : texts) {
    auto signature = parse_signature(text);
    if (!signature) {
      ADD_FAILURE() << text << ": " << signature.error().context;
      continue;
    }
    catalogue.emplace(signature->name, *signature);
  }
  return catalogue;
}

}  // namespace drover
