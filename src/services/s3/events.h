// What happens to objects, told to readers within this process: an event is written in the transaction of the
// change itself and forgotten when its reader has had it. Rules: in the order of the changes, each at least
// once, also after a crash; while nobody reads, nothing is written; when readers fall behind, writes are
// refused before an event is lost.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "aws/call.h"
#include "aws/error.h"
#include "base/log.h"
#include "base/random.h"
#include "services/s3/resources.h"
#include "store/follower.h"
#include "store/store.h"

namespace meridian::services::s3 {

inline constexpr const char* kEventsPrefix = "s3/event/";
inline constexpr std::size_t kEventsWaitingMax = 100'000;

// The fields of AWS's "Event message structure".
struct ObjectEvent {
  std::string name;  // ObjectCreated:Put, ObjectRemoved:DeleteMarkerCreated, …
  SystemTime time{};
  std::string bucket, key;
  std::uint64_t size = 0;
  std::string etag, version_id;  // version_id: as answers show it; "" in a bucket without versions
  std::string region, principal_arn, source_address, request_id;
  store::Revision revision = 0;  // of the change: AWS's sequencer; only in what a reader gets
};
std::string encode(const ObjectEvent& event);
Result<ObjectEvent> decode_event(std::string_view bytes);

enum class Removal : std::uint8_t { Deleted, DeleteMarkerCreated };
// By the call's operation, as AWS names events.
std::string created_event_name(const aws::Call& call);
std::string removed_event_name(const aws::Call& call, Removal removal);

class ObjectEventReader {
 public:
  virtual ~ObjectEventReader() = default;
  // On one thread at a time. When it returns, the event is done with.
  virtual void on_event(const ObjectEvent& event) = 0;
};

class ObjectEvents {
 public:
  ObjectEvents(store::Store& store, Random& random) : store_(store), random_(random) {}

  // One reader, from the first event that it has not had. Before the first call; the reader outlives this.
  Result<void> start(ObjectEventReader& reader, Logger& logger);

  bool wanted() const { return following_ != nullptr; }
  // Adds the event to the transaction of its change. The failure: too many wait.
  aws::Outcome<void> record(store::Transaction& transaction, const ObjectEvent& event);
  // The transaction of so many was committed.
  void recorded(std::size_t count = 1);
  std::size_t waiting() const;

 private:
  class Following;
  store::Store& store_;
  Random& random_;
  std::shared_ptr<Following> following_;
};

}  // namespace meridian::services::s3
