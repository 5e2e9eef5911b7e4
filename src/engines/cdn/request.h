// One request of a viewer, from its head to its line in the log: the steps, in their order, each in a file of
// its own (step_*.cc).
// Rule: a step looks at what the steps before it have settled and at nothing else; what it decides stays.
#pragma once

#include <string>

#include "engines/cdn/rules/conditional.h"
#include "engines/cdn/rules/ranges.h"
#include "engines/cdn/rules/viewer_response_headers.h"
#include "engines/cdn/site.h"

namespace meridian::engines::cdn {

class OriginFetch;
class TierLook;

// Of a Host, in lower case, without port.
std::string host_name(std::string_view host);
void write_host_name(std::string_view host, std::string& name);
// Path and query of the key, as purges name them.
std::string uri_of(const snapshots::cdn::Behavior& behavior, std::string_view path, std::string_view query);
// Of the answer to a HEAD whose GET is not kept.
Key key_of_head(Key key);

class Request final : public Exchange {
 public:
  // `trace`: null but for explain, whose stream keeps the exchange until run() has returned.
  Request(Site& site, const ViewerRequest& request, ViewerStream& viewer, Trace* trace = nullptr);
  ~Request() override;
  // Memory of requests serves again, on the thread where they end.
  static void* operator new(std::size_t size);
  static void operator delete(void* gone, std::size_t size);
  // May end the exchange, and with it this.
  void run();
  // What follows does not happen at the moment any more at which the request came.
  void goes_on_later() { at_once_ = in_lookups_ = false; }
  // With others that look into caches (lookups.h).
  bool waits_for_turn_end() const { return in_lookups_; }
  Site& site() const { return site_; }
  const Key& key() const { return key_; }
  void fetch_look_ahead(int place);   // as Cache::fetch_ahead
  void look();                        // for what is kept
  void fetch_reply_ahead(int place);  // as Body::fetch_ahead, of what was found
  void go_on_together();              // behind look(); may end the exchange

  void on_body(std::string_view piece, bool last) override;
  void on_room() override;

 private:
  enum class Next : std::uint8_t { Step, Wait };  // Wait: the rest comes later, or never
  struct Step {
    Next (Request::*take)();
    void (Request::*tell)();  // afterwards, to a trace
  };
  static const Step kSteps[];
  static std::size_t index_of(Next (Request::*take)());

  // step_admit.cc
  Next find_distribution();
  bool is_fronted(std::string_view host) const;
  const snapshots::location::Place& place();
  Next choose_staging();
  Next choose_behavior();
  Next check_geo();
  Next check_protocol();
  Next check_method();
  // step_signature.cc
  Next check_signature();
  // step_key.cc
  Next make_key();
  // step_fetch.cc
  Next find_object();
  Next take_found();
  Next replace_error();
  // step_deliver.cc
  Next deliver();

  // tell_admit.cc
  void tell_distribution();
  void tell_staging();
  void tell_behavior();
  void tell_viewer();
  void tell_protocol();
  void tell_method();
  void tell_signature();
  // tell_key.cc
  void tell_key();
  void tell_left_out_of_key();
  Next look_through_tiers();
  void tell_purges();
  // tell_origin.cc
  Next find_kept_object();
  Next end_story(std::string_view what_would_be);
  void tell_origin(const Ask& ask, const Object* previous);
  void tell_prospects();
  void tell_answered();
  void tell_nothing() {}
  // tell_reply.cc
  void tell_error();
  void tell_reply();
  void tell_policy(rules::Fields before);

  Next refuse(rules::Refusal refusal);
  Next redirect(int status);

  std::shared_ptr<Ask> make_ask(bool for_cache) const;
  std::optional<rules::ByteRange> range_to_ask() const;
  bool is_direct(const Object& object) const;
  void ask_tier(const Key& key);
  void ask_origin();
  void answered(Answer answer);
  void forget_unsafe();
  void read_body_on();

  void explain_failure(rules::Refusal refusal);
  void choose_conditions();
  void choose_part();
  bool is_plain_hit() const;
  const PreparedHead* prepare_head(std::uint64_t length);
  bool reply_prepared();
  void begin_reply();
  void read(std::uint64_t from, std::uint64_t until);
  rules::Delivery delivery() const;
  void write_reply(ReplyHead& head, rules::Fields kept);
  void add_cache_status();
  void begin_tunnel();
  void reply_with(int status, rules::Fields kept, std::string_view body);
  rules::CacheResult result() const;
  std::string_view detailed_result() const;
  void pump();
  const std::shared_ptr<Wake>& wake();
  void end();
  void log();
  // Of one moment as long as nothing was waited for: each look at a clock costs as much as a step.
  MonotonicTime mono() const { return at_once_ ? began_ : site_.worker.loop.clock().monotonic(); }
  SystemTime time() const { return at_once_ ? began_at_ : site_.worker.loop.clock().now(); }
  rules::Time now() const { return std::chrono::floor<std::chrono::seconds>(time()); }

  Site& site_;
  ViewerStream* viewer_;
  Trace* const trace_;  // null: nobody wants to know
  ViewerRequest request_;
  const MonotonicTime began_;
  const SystemTime began_at_;
  bool at_once_ = true;
  bool in_lookups_ = false;
  std::unique_ptr<RequestSpace> space_;
  std::string& request_id_;
  std::size_t step_ = 0;

  std::shared_ptr<const Served> served_;
  const snapshots::cdn::Behavior* behavior_ = nullptr;
  std::string& path_;  // with the default root object, or of an error page
  std::optional<snapshots::location::Place> place_;
  std::string session_cookie_;  // "": no session; of continuous deployment
  rules::FieldList without_session_;
  rules::FieldList& generated_;
  rules::Fields fields_;  // the viewer's and the generated ones
  std::string& query_buffer_;
  std::string_view query_;  // without a signature
  std::optional<signing::SignatureRefusal> signature_refusal_;

  bool for_cache_ = false, is_grpc_ = false;
  std::string& key_bytes_;
  Key key_{};

  enum class Looking : std::uint8_t { Not, Begins, Waits, Done } looking_ = Looking::Not;
  std::unique_ptr<TierLook> look_;  // for the trace
  std::shared_ptr<Waiter> waiter_;
  std::shared_ptr<OriginFetch> fetch_;
  std::optional<Answer> answer_;
  bool too_large_ = false;  // for caches: the origin gets the viewer's Range

  // Of a failure that a page of the distribution stands for.
  const snapshots::cdn::ErrorPage* page_ = nullptr;
  std::optional<rules::Refusal> refusal_;

  int status_ = 0;
  rules::FieldList& reply_fields_;
  const PreparedHead* prepared_ = nullptr;  // of the answer's object, in their place
  bool redirected_ = false;
  std::uint64_t first_ = 0, until_ = 0;  // of the object's body
  std::unique_ptr<rules::MultipartText> multipart_;
  std::vector<rules::ByteRange> parts_;
  std::size_t part_ = 0;  // which of them is being sent
  std::optional<BodyReader> reader_;
  std::shared_ptr<Wake> wake_;  // null: nothing was waited for yet
  bool replied_ = false, over_ = false, tunnel_ = false;
  std::optional<std::uint64_t> reply_length_;
  MonotonicTime first_byte_{};
};

}  // namespace meridian::engines::cdn
