#include "engines/cdn/slice_fetch.h"

#include <mutex>

#include "engines/cdn/tier.h"
#include "engines/cdn/tier_fetch.h"
#include "engines/cdn/tier_routes.h"
#include "engines/cdn/worker.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kBytesAtOnce = 64 * 1024;

// Fetches as whoever asked last would, on his worker. Once a shield's question was answered with its slices,
// what is missing comes from the origin alone: edges whose configurations differ for a moment must not wait
// for one another.
class LastAsker final : public slices::Source {
 public:
  explicit LastAsker(SliceFetch::Question question) : question_(std::move(question)) {
    question_.at_shield = question_.ask->at_shield;
    goes_on_ = question_.worker->routes.goes_on(*question_.tier, *question_.ask);
  }
  void fetch(std::shared_ptr<slices::Fill> fill) override {
    std::lock_guard lock(mutex_);
    question_.worker->loop.post(
        [question = question_, fill = std::move(fill)] { SliceFetch::start(question, fill); });
  }
  const Tier* ask_as(Worker& worker, std::shared_ptr<const Ask> ask) {
    std::lock_guard lock(mutex_);
    if (ask->at_shield && goes_on_) return nullptr;
    question_.at_shield |= ask->at_shield;
    if (!goes_on_ && !question_.at_shield) goes_on_ = worker.routes.goes_on(*question_.tier, *ask);
    question_.worker = &worker;
    question_.ask = std::move(ask);
    return question_.tier;
  }

 private:
  std::mutex mutex_;
  SliceFetch::Question question_;
  bool goes_on_ = false;  // some of it may have been asked of a tier behind this one
};

}  // namespace

std::shared_ptr<Ask> part_of(const Ask& whole, const rules::ByteRange& range, std::string_view etag) {
  auto ask = std::make_shared<Ask>();
  ask->distribution = whole.distribution;
  ask->behavior = whole.behavior;
  ask->purges = whole.purges;
  ask->purges_seen = whole.purges_seen;
  ask->key = whole.key;
  ask->place = whole.place;
  ask->at_shield = whole.at_shield;
  ask->uri = whole.uri;
  ask->range = range;
  ask->if_range = etag;
  ask->method = "GET";
  ask->path = whole.path;
  ask->query = whole.query;
  for (const rules::Field& field : whole.fields.fields()) ask->fields.add_copy(field.name, field.value);
  ask->viewer = whole.viewer;
  ask->viewer_version = whole.viewer_version;
  ask->viewer_tls = whole.viewer_tls;
  ask->request_id = whole.request_id;
  ask->via_host = whole.via_host;
  return ask;
}

rules::ByteRange whole_slices(const rules::ByteRange& range) {
  using slices::kSliceBytes;
  return {range.first / kSliceBytes * kSliceBytes,
          range.last == kRangeEnd ? kRangeEnd : (range.last / kSliceBytes + 1) * kSliceBytes - 1};
}

std::shared_ptr<const Ask> in_whole_slices(const std::shared_ptr<const Ask>& ask) {
  if (!ask->range || ask->range->first % slices::kSliceBytes == 0) return ask;
  return part_of(*ask, whole_slices(*ask->range), ask->if_range);
}

bool SliceFetch::comes_in_slices(const Ask& ask, const Object& object) {
  return (object.too_large || object.part) && object.status == 200 && ask.method == "GET" && object.length &&
         !strong_etag(object.fields).empty();
}

void SliceFetch::keep_in_slices(slices::Slices& slices, disk::DiskCache* disk, Question question,
                                Object& object, std::shared_ptr<Body> coming) {
  if (*object.length > slices::kObjectBytesMax) return;
  question.etag = strong_etag(object.fields);
  const std::uint64_t from = object.part ? object.part->first : 0;
  const std::uint64_t begin = (from + slices::kSliceBytes - 1) / slices::kSliceBytes * slices::kSliceBytes;
  const std::uint64_t end = object.part ? object.part->last + 1 : *object.length;
  const slices::Place place{question.ask->key, question.worker->random.next() | 1, disk};
  object.body =
      slices::SlicedBody::make(slices, place, *object.length, std::make_shared<LastAsker>(question));
  object.kept = true;
  object.too_large = false;
  object.part.reset();
  auto fill = static_cast<slices::SlicedBody&>(*object.body->parts()).begin(std::min(begin, end), end);
  auto fetch = std::make_shared<SliceFetch>(std::move(question), std::move(fill));
  fetch->question_.worker->keep(fetch);
  fetch->read(std::make_unique<BodyReader>(std::move(coming), begin - from, end - from));
}

void SliceFetch::read_in_slices(slices::Slices& slices, disk::DiskCache& disk, Question question,
                                std::uint64_t generation, Object& object) {
  question.etag = strong_etag(object.fields);
  const slices::Place place{question.ask->key, generation, &disk};
  object.body = slices::SlicedBody::make(slices, place, *object.length,
                                         std::make_shared<LastAsker>(std::move(question)));
}

const Tier* SliceFetch::ask_as(const Object& object, Worker& worker, std::shared_ptr<const Ask> ask) {
  auto& body = static_cast<slices::SlicedBody&>(*object.body->parts());
  return static_cast<LastAsker&>(body.source()).ask_as(worker, std::move(ask));
}

std::shared_ptr<SliceFetch> SliceFetch::start(Question question, std::shared_ptr<slices::Fill> fill) {
  auto fetch = std::make_shared<SliceFetch>(std::move(question), std::move(fill));
  fetch->question_.worker->keep(fetch);
  fetch->ask();
  return fetch;
}

SliceFetch::SliceFetch(Question question, std::shared_ptr<slices::Fill> fill)
    : question_(std::move(question)),
      fill_(std::move(fill)),
      wake_(std::make_shared<Wake>(question_.worker->loop, [this] { pump(); })) {}

void SliceFetch::ask() {
  auto part = part_of(*question_.ask, {fill_->at(), fill_->until() - 1}, question_.etag);
  part->at_shield |= question_.at_shield;
  TierFetch::Terms terms;
  terms.cuts_left = 0;  // this asks again, from where it broke off
  TierFetch::start(*question_.worker, *question_.tier, std::move(part), std::move(terms),
                   [self = shared_from_this()](const Answer& answer) { self->answered(answer); });
}

void SliceFetch::answered(const Answer& answer) {
  const Object& object = *answer.object;
  if (over_) return object.let_go();
  if (object.status != 200 || object.failed) {
    object.let_go();
    // A shorter object has nothing there.
    return object.status == 416 ? changed() : again();
  }
  if (strong_etag(object.fields) != question_.etag || object.length_now() != fill_->length()) {
    object.let_go();
    return changed();
  }
  if (!object.part && !object.kept) fill_->begin_at_the_beginning();
  const std::uint64_t first = object.part ? object.part->first : 0;
  if (first > fill_->at()) {
    object.let_go();
    return again();
  }
  // No further than was asked: where that is slices of another tier, it would ask for what nobody wants.
  const std::uint64_t end = object.part ? std::min(object.part->last + 1, fill_->until()) : fill_->until();
  read(std::make_unique<BodyReader>(object.body, fill_->at() - first, end - first));
}

void SliceFetch::read(std::unique_ptr<BodyReader> from) {
  coming_ = std::move(from);
  pump();
}

void SliceFetch::pump() {
  using Turn = slices::Fill::Room::Turn;
  while (!over_ && coming_) {
    const slices::Fill::Room room = fill_->room(wake_);
    if (room.turn == Turn::Over) return over();
    if (room.turn == Turn::Wait) return wait_to_be_wanted();
    idle_.reset();
    const Piece piece =
        coming_->take(static_cast<std::size_t>(std::min<std::uint64_t>(room.bytes, kBytesAtOnce)));
    if (!piece.empty()) {
      fill_->write(piece.view());
      cuts_left_ = kFillCutsMax;
    } else if (coming_->at_end() || coming_->cut()) {
      return again();
    } else {
      return coming_->wait(wake_);
    }
  }
}

void SliceFetch::wait_to_be_wanted() {
  if (idle_) return;
  idle_ = question_.worker->loop.after(kFillIdleTime, [this] {
    idle_.reset();
    fill_->is_wanted() ? wait_to_be_wanted() : over();
  });
}

// What came was not all that was asked for: the rest is asked for.
void SliceFetch::again() {
  coming_.reset();
  if (cuts_left_-- > 0) {
    question_.worker->counters.slice_runs_continued.add();
    return ask();
  }
  fill_->fail();
  over();
}

void SliceFetch::changed() {
  fill_->changed();
  question_.tier->forget_on_disk(question_.ask->key);
  over();
}

void SliceFetch::over() {
  if (std::exchange(over_, true)) return;
  const auto self = shared_from_this();
  wake_->cancel();
  idle_.reset();
  coming_.reset();
  fill_.reset();
  question_.worker->release(this);
}

}  // namespace meridian::engines::cdn
