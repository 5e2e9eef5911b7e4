// What is asked of a tier, and in the end of an origin: everything of the viewer's request that they need,
// and nothing that ends with it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engines/cdn/cache.h"
#include "engines/cdn/object.h"
#include "engines/cdn/rules/accept_encoding.h"
#include "engines/cdn/viewer.h"
#include "snapshots/cdn/snapshot.h"

namespace meridian::engines::cdn {

class Worker;

inline constexpr std::uint64_t kRangeEnd = ~std::uint64_t{0};  // the last byte, whichever that is

struct Ask {
  snapshots::cdn::SharedDistribution distribution;
  const snapshots::cdn::Behavior* behavior = nullptr;  // of `distribution`
  std::shared_ptr<PurgeLog> purges;
  std::uint64_t purges_seen = 0;  // when the request came
  Key key{};
  std::uint64_t place = 0;  // of the key, for choosing between edges
  bool at_shield = false;   // behind the tier that is asked there is the origin
  std::string uri;          // for purges
  // GET of no more than that, to begin with: where slices begin and end, or kRangeEnd. What comes may be
  // more.
  std::optional<rules::ByteRange> range;
  std::string if_range;   // the ETag that the part must be of; "": any
  bool for_cache = true;  // the answer may be kept; false: the viewer's conditions and Range go to the origin
  std::string method, path, query;
  rules::FieldList fields;  // the viewer's and the generated ones
  net::IpAddress viewer;
  HttpVersion viewer_version = HttpVersion::Http11;
  bool viewer_tls = false;
  std::string request_id;
  std::string_view via_host;  // of the location, in Via; as long as the engine lives
  bool has_body = false;
  std::optional<std::uint64_t> body_length;
  bool upgrade = false;
  bool grpc = false;  // HTTP/2 all the way, with trailers

  bool is_read() const { return method == "GET" || method == "HEAD"; }
};

// What whoever fetches an object is to know of who asks.
struct FetchTerms {
  std::shared_ptr<const Object> previous;  // to be revalidated; may be null
  std::size_t object_bytes_max = 0;        // no larger object is kept
  std::function<void()> on_whole;          // the body of a kept object is all there
  // What no cache takes in one piece, or came in part, is kept in slices: given an object, and the body that
  // is coming, it makes the object a kept one with such a body. Null: then it is not kept.
  std::function<void(Object& object, std::shared_ptr<Body> coming)> slice = nullptr;
};

// Who waits for an answer. Of one loop's thread; destroying or cancel()ling it, there is none.
struct Waiter {
  Waiter(Worker& its, std::shared_ptr<const Ask> what, std::function<void(Answer)> told)
      : worker(its), ask(std::move(what)), on_answer(std::move(told)) {}
  Worker& worker;
  const std::shared_ptr<const Ask> ask;
  std::function<void(Answer)> on_answer;

  bool waits() const { return on_answer != nullptr; }
  void cancel() { on_answer = nullptr; }
  void answer(Answer answer) {
    if (const auto told = std::exchange(on_answer, nullptr)) told(std::move(answer));
  }
};

}  // namespace meridian::engines::cdn
