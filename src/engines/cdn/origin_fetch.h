// One object from its origin: the group's members in turn, attempts and timeouts, and what the response or
// its absence means (CF:RequestAndResponseBehaviorCustomOrigin, http-502-bad-gateway,
// http-504-gateway-timeout). Rule: there is always an answer, and it comes once: a response whose body grows,
// or the failure's status.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engines/cdn/ask.h"
#include "engines/cdn/compressor.h"
#include "engines/cdn/rules/partial_content.h"
#include "upstream/origin_client.h"

namespace meridian::engines::cdn {

class OriginFetch final : public upstream::Reply, public std::enable_shared_from_this<OriginFetch> {
 public:
  struct Result {
    std::shared_ptr<Object> object;
    bool not_modified = false;  // `previous` is still good; the object has its body
  };
  using OnResult = std::function<void(Result)>;

  static std::shared_ptr<OriginFetch> start(Worker& worker, std::shared_ptr<const Ask> ask, FetchTerms terms,
                                            OnResult on_result);
  OriginFetch(Worker& worker, std::shared_ptr<const Ask> ask, FetchTerms terms, OnResult on_result);
  ~OriginFetch() override;

  void cancel();  // nobody wants it any more
  // The viewer's body. on_room: more is welcome.
  void send_body(std::string_view piece, bool last);
  void on_room(std::function<void()> told) { told_room_ = std::move(told); }
  bool takes_body() const;

  void on_head(const http1::ResponseHead& head, http1::BodyEnd body) override;
  void on_data(std::string_view piece) override;
  void on_trailers(rules::Fields fields) override;
  void on_end() override;
  void on_failure(const upstream::CallFailure& failure) override;
  void on_connected(bool reused) override;
  void on_room() override;

 private:
  const snapshots::cdn::Origin& origin() const;
  bool may_fail_over() const;
  void ask_origin();
  bool fails_over(int status) const;
  void fail_over();
  std::shared_ptr<Object> read_response(const http1::ResponseHead& head, http1::BodyEnd end);
  std::optional<rules::ContentRange> part_in(const http1::ResponseHead& head) const;
  std::shared_ptr<Object> read_not_modified(const http1::ResponseHead& head);
  void decide(Object& object, rules::Fields fields) const;
  bool compress(const http1::ResponseHead& head, Object& object, std::optional<std::uint64_t> length,
                rules::FieldList& kept);
  void fail(const upstream::CallFailure& failure);
  Duration since_asked() const;
  void time_head(Object& object) const;
  void answer(Result result);
  void watch_readers();
  void body_changed();
  void over();

  Worker& worker_;
  const std::shared_ptr<const Ask> ask_;
  FetchTerms terms_;
  std::shared_ptr<Wake> readers_changed_;
  OnResult on_result_;
  std::unique_ptr<upstream::Call> call_;
  std::unique_ptr<net::Timer> completion_;
  bool secondary_ = false;
  bool over_ = false, paused_ = false, connected_ = false;
  bool may_keep_ = false;    // the response, whatever its length
  unsigned reads_left_ = 0;  // times that the origin may be silent
  rules::Time asked_{};
  MonotonicTime asked_at_{};
  std::shared_ptr<Body> body_;  // of the response, once its head is here
  std::shared_ptr<Object> object_;
  std::unique_ptr<Compressor> compressor_;
  std::string waiting_body_;  // of the viewer, while there is no connection
  bool body_ended_ = false;
  std::function<void()> told_room_;
};

// What an origin is sent for `ask`; `previous` is the copy that it may say is still good, or null.
upstream::CallRequest call_request(const Worker& worker, const Ask& ask, const snapshots::cdn::Origin& to,
                                   const Object* previous);
// How long a response may be kept.
rules::LifetimeInput lifetime_input(const Ask& ask, int status, rules::Fields fields,
                                    rules::Exchange exchange);

rules::Refusal meaning_of(upstream::Failure failure);

Answer to_answer(OriginFetch::Result result);

}  // namespace meridian::engines::cdn
