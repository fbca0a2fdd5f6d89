#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "scheduler/store/segment_reader.hpp"
#include "scheduler/store/step_index.hpp"

namespace drover::scheduler {

/// The results of a step's items, wherever they stand. Errors stay in the database.
class StepValues {
 public:
  StepValues(Database& database, SegmentReader& segments, StepIndices& indices,
             const StepIndex& step)
      : database_(database), segments_(segments), indices_(indices), step_(step) {}

  /// See SegmentReader::find(): one entry for each of `items`, which may be made shorter. However
  /// they are strewn over other steps, a segment is decoded once for all of them.
  std::vector<FoundValue> find(Range& items, std::uint64_t max_bytes);
  std::shared_ptr<const Segment> first_segment() { return segments_.first_segment(step_.streams); }

  /// Where the item ran: the step's row, and its index there.
  struct Origin {
    std::int64_t step_row;
    ItemIndex item;
  };
  Origin origin(ItemIndex item);

 private:
  /// Items whose results stand in a row, of one step.
  struct Piece {
    Range items;
    std::int64_t step_row;
    ItemIndex first;  ///< There, of the first of `items`.
  };
  std::vector<Piece> pieces(Range items);  ///< In the order in which they stand.
  /// Nothing where their segments hold more than `max_bytes`.
  std::optional<std::vector<FoundValue>> gather(Range items, std::uint64_t max_bytes);

  Database& database_;
  SegmentReader& segments_;
  StepIndices& indices_;
  const StepIndex& step_;
};

}  // namespace drover::scheduler
