#include "scheduler/shell/find_reuse.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <utility>

#include "scheduler/query/reuse_finder.hpp"
#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {
namespace {

struct Search {
  FindReuse order;
  caf::actor store;
  caf::actor scheduler;
  std::shared_ptr<StoredPlans> plans;
  std::optional<ReuseFinder> finder{};
};

Result<bool> advance(Search& search, Store& store) {
  const FindReuse& order = search.order;
  if (!search.finder) {
    auto from_plan = plan_of_run(order.from.run, store, search.plans.get());
    if (!from_plan) return tl::unexpected(from_plan.error());
    auto finder =
        reuse_finder(order.step, order.from, order.plan, *std::move(from_plan), order.count, store);
    if (!finder) return tl::unexpected(finder.error());
    search.finder.emplace(*std::move(finder));
  }
  return search.finder->advance(store);
}

void go_on(const std::shared_ptr<Search>& search) {
  caf::anon_send(search->store, job_box([search](Store& store) {
                   const auto more = advance(*search, store);
                   if (more && *more) return go_on(search);
                   if (!more) {
                     spdlog::warn("what run {} has done cannot be compared, so all of it runs: {}",
                                  to_string(search->order.from.run), more.error().context);
                   }
                   auto moved = std::make_shared<std::vector<MovedItems>>();
                   if (more && search->finder) *moved = search->finder->found();
                   caf::anon_send(search->scheduler,
                                  event_box(ReuseFound{search->order.step, search->order.count,
                                                       std::move(moved)}));
                 }));
}

}  // namespace

void find_reuse(const FindReuse& order, const caf::actor& store, const caf::actor& scheduler,
                std::shared_ptr<StoredPlans> plans) {
  go_on(std::make_shared<Search>(Search{order, store, scheduler, std::move(plans)}));
}

}  // namespace drover::scheduler
