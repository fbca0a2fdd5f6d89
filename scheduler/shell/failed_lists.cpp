#include "scheduler/shell/failed_lists.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <set>
#include <vector>

#include "common/objects/object_store.hpp"
#include "scheduler/query/failed_list.hpp"
#include "scheduler/query/names.hpp"
#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {
namespace {

struct Lister {
  caf::actor store;
  std::shared_ptr<StoredPlans> plans;  // Used in store jobs only.
  std::unique_ptr<ObjectStore> objects = make_object_store();
  std::string words;      // Of the commands in them.
  std::set<RunId> begun;  // And not written: each is tried once in this life.
};

using ListerActor = caf::stateful_actor<Lister>;

/// Adds a page in the store's turn, and comes back for the next one, so that commits go on between.
/// The list goes from turn to turn; only one has it at a time.
void add_pages(const caf::actor& store, const std::shared_ptr<StoredPlans>& plans,
               const caf::actor& lister, const std::shared_ptr<FailedList>& list) {
  caf::anon_send(store, job_box([=](Store& opened) {
                   const auto done = list->add_page(opened, plans.get());
                   if (!done) {
                     spdlog::warn("run {}: its failed items cannot be listed: {}",
                                  to_string(list->run()), done.error().context);
                   } else if (*done) {
                     const auto row = opened.run(to_string(list->run()));
                     if (row) caf::anon_send(lister, boxed(ListedRun{*row, list->text()}));
                   } else {
                     add_pages(store, plans, lister, list);
                   }
                 }));
}

void look(ListerActor* self) {
  const auto& state = self->state;
  self->send(state.store, job_box([me = caf::actor(self)](Store& store) {
               auto runs = store.unlisted_runs();
               if (runs) caf::anon_send(me, boxed(std::move(*runs)));
             }));
}

void write(ListerActor* self, const ListedRun& listed) {
  const auto folder = parse_uri(results_folder(listed.row.results, listed.row.run));
  Result<StoredObject> written = folder.and_then([&](const ObjectUri& uri) {
    return self->state.objects->create(uri, FailedList::file_name, listed.text,
                                       Durability::Machine);
  });
  if (!written) {
    spdlog::warn("run {}: the list of its failed items cannot be written: {}",
                 to_string(listed.row.run), written.error().context);
    return;
  }
  self->state.begun.erase(listed.row.run);
  self->send(self->state.store, job_box([run = listed.row.run](Store& store) {
               if (const auto set = store.set_listed(run); !set) {
                 spdlog::warn("run {}: {}", to_string(run), set.error().context);
               }
             }));
}

caf::behavior failed_lists(ListerActor* self, const caf::actor& store,
                           const std::shared_ptr<StoredPlans>& plans, const std::string& words) {
  self->state.store = store;
  self->state.plans = plans;
  self->state.words = words;
  look(self);
  return {
      [self](look_atom) { look(self); },
      [self](const UnlistedRunsBox& runs) {
        for (const RunRow& run : *runs) {
          if (!self->state.begun.insert(run.run).second) continue;
          add_pages(self->state.store, self->state.plans, caf::actor(self),
                    std::make_shared<FailedList>(run.run, self->state.words));
        }
      },
      [self](const ListedRunBox& listed) { write(self, *listed); },
  };
}

}  // namespace

caf::actor spawn_failed_lists(caf::actor_system& system, caf::actor store,
                              std::shared_ptr<StoredPlans> plans, std::string words) {
  return system.spawn<caf::detached>(failed_lists, std::move(store), std::move(plans),
                                     std::move(words));
}

}  // namespace drover::scheduler
