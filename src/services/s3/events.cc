#include "services/s3/events.h"

#include <algorithm>
#include <vector>

#include "store/fields.h"

namespace meridian::services::s3 {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kForgottenAtOnceMax = 1000;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

}  // namespace

std::string encode(const ObjectEvent& event) {
  Writer out;
  out.text(event.name).time(event.time).text(event.bucket).text(event.key).u64(event.size).text(event.etag);
  out.text(event.version_id).text(event.region).text(event.principal_arn).text(event.source_address);
  out.text(event.request_id);
  return out.take();
}

Result<ObjectEvent> decode_event(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  ObjectEvent event;
  event.name = in.text();
  event.time = in.time();
  event.bucket = in.text();
  event.key = in.text();
  event.size = in.u64();
  event.etag = in.text();
  event.version_id = in.text();
  event.region = in.text();
  event.principal_arn = in.text();
  event.source_address = in.text();
  event.request_id = in.text();
  return in.finish(std::move(event), "event");
}

std::string created_event_name(const aws::Call& call) {
  if (call.operation == "PostObject") return "ObjectCreated:Post";
  if (call.operation == "CopyObject") return "ObjectCreated:Copy";
  if (call.operation == "CompleteMultipartUpload") return "ObjectCreated:CompleteMultipartUpload";
  return "ObjectCreated:Put";
}

std::string removed_event_name(const aws::Call& call, Removal removal) {
  const bool by_caller = call.operation == "DeleteObject" || call.operation == "DeleteObjects";
  return std::string(by_caller ? "ObjectRemoved:" : "LifecycleExpiration:") +
         (removal == Removal::Deleted ? "Delete" : "DeleteMarkerCreated");
}

class ObjectEvents::Following final : public store::FollowerReader {
 public:
  Following(store::Store& store, ObjectEventReader& reader, Logger& logger)
      : store_(store),
        reader_(reader),
        logger_(logger),
        follower_(store, kEventsPrefix, *this, logger, "s3-events") {}

  Result<void> start() { return follower_.start(); }
  // Those written and not yet forgotten. Between a commit and its recorded() one may be counted off before it
  // is counted.
  std::atomic<std::int64_t> waiting{0};

 private:
  void all(store::Range range) override {
    std::vector<const store::KeyValue*> items;
    for (const store::KeyValue& item : range.items) items.push_back(&item);
    waiting = static_cast<std::int64_t>(items.size());
    hand_over(std::move(items));
  }
  void changed(const store::EventBatch& batch) override {
    std::vector<const store::KeyValue*> items;
    for (const store::Event& event : batch.events)
      if (event.kind == store::Event::Kind::Put) items.push_back(&event.item);
    if (!items.empty()) hand_over(std::move(items));
  }

  // Keys are random: the order is that of the commits.
  void hand_over(std::vector<const store::KeyValue*> items) {
    std::ranges::stable_sort(items, {}, &store::KeyValue::modified);
    store::Transaction done;
    for (const store::KeyValue* item : items) {
      auto event = decode_event(item->value);
      if (event) {
        event->revision = item->modified;
        reader_.on_event(*event);
      } else {
        logger_.error("s3-events", event.error().message);
      }
      done.deletes.push_back(item->key);
      if (done.deletes.size() == kForgottenAtOnceMax) forget(std::exchange(done, {}));
    }
    forget(std::move(done));
  }

  // When this fails the reader gets them again after the next start.
  void forget(store::Transaction done) {
    const auto count = static_cast<std::int64_t>(done.deletes.size());
    if (count == 0) return;
    if (auto forgotten = store_.commit(std::move(done)); !forgotten)
      return logger_.error("s3-events", forgotten.error().message);
    waiting -= count;
  }

  store::Store& store_;
  ObjectEventReader& reader_;
  Logger& logger_;
  store::Follower follower_;  // last: it ends before what it calls
};

Result<void> ObjectEvents::start(ObjectEventReader& reader, Logger& logger) {
  following_ = std::make_shared<Following>(store_, reader, logger);
  return following_->start();
}

std::size_t ObjectEvents::waiting() const {
  return following_ ? static_cast<std::size_t>(std::max<std::int64_t>(0, following_->waiting)) : 0;
}

aws::Outcome<void> ObjectEvents::record(store::Transaction& transaction, const ObjectEvent& event) {
  if (!following_) return {};
  if (waiting() >= kEventsWaitingMax) return aws::refuse("SlowDown", "Please reduce your request rate.", 503);
  transaction.puts.push_back({kEventsPrefix + random_.text(32, "0123456789abcdef"), encode(event)});
  return {};
}

void ObjectEvents::recorded(std::size_t count) {
  if (following_) following_->waiting += static_cast<std::int64_t>(count);
}

}  // namespace meridian::services::s3
