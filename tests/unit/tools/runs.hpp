#pragma once

#include "common/wire/client_messages.hpp"
#include "tools/render/terminal.hpp"

/// Runs that tests of what is shown begin with.
namespace drover::tools {

/// The demonstration's run, at 512 of 796 images.
inline wire::RunStatus half_way() {
  wire::RunStatus run;
  run.short_id = "7f3a";
  run.name = "offline-detection";
  run.state = "running";
  run.item_word = "image";
  run.slots_total = 2;
  wire::StepStatus listing;
  listing.name = "listing";
  listing.state = "succeeded";
  listing.list_size = 796;
  listing.seconds = 0.1;
  wire::StepStatus detections;
  detections.name = "detections";
  detections.map = true;
  detections.state = "running";
  detections.total = 796;
  detections.done = 511;
  detections.failed = 1;
  detections.seconds = 8.86;
  detections.slots_in_use = 2;
  detections.allow_failed = "1%";
  wire::StepStatus summary;
  summary.name = "summary";
  summary.state = "waiting";
  summary.waits_for = {"detections"};
  summary.reason = "waits for 'detections'";  // Said once, not twice.
  run.steps = {listing, detections, summary};
  return run;
}

/// A terminal of so many cells.
inline Terminal window(std::size_t width) {
  Terminal terminal;
  terminal.live = true;
  terminal.colour = true;
  terminal.width = width;
  return terminal;
}

/// A run whose step that lists the images fails, so that nothing else runs.
inline wire::RunStatus without_a_list() {
  auto run = half_way();
  run.state = "failed";
  run.reason = "step 'listing': /data/x does not exist on host-1";
  run.steps[0].state = "failed";
  run.steps[0].reason = "/data/x does not exist on host-1";
  wire::StepStatus never_ran;
  never_ran.name = "detections";
  never_ran.map = true;
  never_ran.state = "cancelled";
  run.steps[1] = never_ran;
  run.steps[2].state = "cancelled";
  wire::FailureGroup group;
  group.step = "listing";
  group.count = 1;
  group.text = "/data/x does not exist on host-1";
  group.example_key = "0";
  run.failures = {group};
  return run;
}

}  // namespace drover::tools
