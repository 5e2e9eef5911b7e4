#include "store/crash_workload.h"

#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>

namespace meridian::store {
namespace {

using State = std::map<std::string, std::string>;

constexpr std::uint64_t kSlots = 16;      // keys a writer goes around, besides its three fixed ones
constexpr std::uint64_t kReplayed = 500;  // revisions of the event log that are replayed
constexpr std::chrono::seconds kReplayPatience{20};

std::string prefix_of(std::size_t writer) {
  return fmt::format("w{:03}/", writer);
}
std::string head_of(std::size_t writer) {
  return prefix_of(writer) + "head";
}

std::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::Corrupt, std::move(what), ErrorSource::Storage);
}

Result<State> read_state(Store& store, std::string_view prefix, Revision at) {
  Range range = TRY(store.range(prefix, {.limit = 0, .start_after = {}, .start_at = {}, .revision = at}));
  State state;
  for (KeyValue& item : range.items) state.emplace(std::move(item.key), std::move(item.value));
  return state;
}

void advance(State& state, const Transaction& transaction) {
  for (const Put& put : transaction.puts) state[put.key] = put.value;
  for (const std::string& key : transaction.deletes) state.erase(key);
}

void advance(State& state, const EventBatch& batch) {
  for (const Event& event : batch.events) {
    if (event.kind == Event::Kind::Put)
      state[event.item.key] = event.item.value;
    else
      state.erase(event.item.key);
  }
}

// The batches of revisions from + 1 … to, which must come without a gap.
Result<std::vector<EventBatch>> replay(Store& store, Revision from, Revision to) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<EventBatch> batches;
  std::optional<Error> lost;
  auto watch = TRY(store.watch(
      "", from,
      [&](const EventBatch& batch) {
        std::lock_guard lock(mutex);
        batches.push_back(batch);
        changed.notify_all();
      },
      [&](Error error) {
        std::lock_guard lock(mutex);
        lost = std::move(error);
        changed.notify_all();
      }));
  {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kReplayPatience, [&] { return lost || batches.size() >= to - from; });
  }
  watch.reset();
  if (lost) return std::unexpected(*lost);
  if (batches.size() != to - from)
    return wrong(fmt::format("{} of {} batches replayed", batches.size(), to - from));
  for (std::size_t i = 0; i < batches.size(); ++i)
    if (batches[i].revision != from + 1 + i)
      return wrong(fmt::format("no batch of revision {}", from + 1 + i));
  return batches;
}

Result<void> check_log_leads_to_state(Store& store) {
  Revision newest = store.revision();
  Revision from = newest > kReplayed ? newest - kReplayed : 0;
  if (newest == 0) return {};
  State state;
  if (from > 0) state = TRY(read_state(store, "", from));
  for (const EventBatch& batch : TRY(replay(store, from, newest))) {
    advance(state, batch);
    if (batch.revision % 100 == 0 && state != TRY(read_state(store, "", batch.revision)))
      return wrong(fmt::format("the log does not lead to the state of revision {}", batch.revision));
  }
  if (state != TRY(read_state(store, "", 0))) return wrong("the log does not lead to the newest state");
  return {};
}

}  // namespace

Transaction CrashWorkload::transaction(std::size_t writer, std::uint64_t number) const {
  std::string value =
      fmt::format("{}:{}", number, std::string(filler_, static_cast<char>('a' + number % 26)));
  std::string prefix = prefix_of(writer);
  Transaction out;
  out.puts.push_back({head_of(writer), std::to_string(number), 0});
  out.puts.push_back({prefix + "left", value, 0});
  out.puts.push_back({prefix + "right", value, 0});
  out.puts.push_back({fmt::format("{}slot/{:02}", prefix, number % kSlots), value, 0});
  out.deletes.push_back(fmt::format("{}slot/{:02}", prefix, (number + kSlots / 2) % kSlots));
  return out;
}

Result<std::uint64_t> CrashWorkload::commit_next(Store& store, std::size_t writer, std::uint64_t done) const {
  auto head = TRY(store.get(head_of(writer)));
  Transaction next = transaction(writer, done + 1);
  next.preconditions.push_back({head_of(writer), head ? head->modified : 0});
  if (head ? head->value != std::to_string(done) : done != 0)
    return wrong(
        fmt::format("writer {} finds {} where it left {}", writer, head ? head->value : "nothing", done));
  TRY(store.commit(std::move(next)));
  return done + 1;
}

Result<std::uint64_t> CrashWorkload::check_writer(Store& store, std::size_t writer,
                                                  std::uint64_t acknowledged) const {
  auto head = TRY(store.get(head_of(writer)));
  std::uint64_t done = head ? std::stoull(head->value) : 0;
  // One transaction may have become durable without its writer hearing of it.
  if (done < acknowledged || done > acknowledged + 1)
    return wrong(fmt::format("writer {} was told {} and finds {}", writer, acknowledged, done));
  State expected;
  for (std::uint64_t n = done > kSlots ? done - kSlots : 1; n <= done && n > 0; ++n)
    advance(expected, transaction(writer, n));
  if (TRY(read_state(store, prefix_of(writer), 0)) != expected)
    return wrong(fmt::format("transaction {} of writer {} is there in part", done, writer));
  return done;
}

Result<std::vector<std::uint64_t>> CrashWorkload::check(
    Store& store, const std::vector<std::uint64_t>& acknowledged) const {
  std::vector<std::uint64_t> done;
  std::uint64_t sum = 0;
  for (std::size_t writer = 0; writer < writers_; ++writer) {
    done.push_back(TRY(check_writer(store, writer, acknowledged[writer])));
    sum += done.back();
  }
  if (store.revision() != sum)
    return wrong(fmt::format("revision {} after {} transactions", store.revision(), sum));
  TRY(check_log_leads_to_state(store));
  return done;
}

}  // namespace meridian::store
