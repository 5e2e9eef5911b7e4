// One object from behind a tier: of peers in other processes, one after another, of a tier of this process,
// or in the end of the origin. Rule: there is always an answer, and it comes once. A peer that is gone,
// behind or a stranger costs the viewer nothing but time: before its answer the next is asked, and in the
// middle of it what is missing is taken from the next, if what that begins with is byte for byte what came;
// of what is kept in slices whoever fills them asks for the rest.
#pragma once

#include <functional>
#include <memory>

#include "engines/cdn/tier_routes.h"
#include "engines/cdn/tier_wire.h"
#include "upstream/origin_client.h"

namespace meridian::engines::cdn {

inline constexpr Duration kPeerConnectTime = std::chrono::seconds(1);  // with TLS
inline constexpr Duration kPeerKeepAlive = std::chrono::seconds(30);
inline constexpr Duration kPeerGrace = std::chrono::seconds(5);        // beyond what an origin may take
inline constexpr Duration kPeerWatchPeriod = std::chrono::seconds(1);  // between looks at who is still there
inline constexpr unsigned kPeerCutsMax = 3;                            // of one object

// Null: it cannot be asked. `silence_max` is between two signs of life.
std::unique_ptr<upstream::Call> call_peer(Worker& worker, const TierHop& hop, std::string head,
                                          Duration silence_max, upstream::Reply& reply);

class TierFetch final : public upstream::Reply, public std::enable_shared_from_this<TierFetch> {
 public:
  using OnAnswer = std::function<void(Answer)>;
  struct Terms : FetchTerms {
    unsigned cuts_left = kPeerCutsMax;
  };

  static void start(Worker& worker, const Tier& tier, std::shared_ptr<const Ask> ask, Terms terms,
                    OnAnswer on_answer);
  TierFetch(Worker& worker, const Tier& tier, std::shared_ptr<const Ask> ask, Terms terms,
            OnAnswer on_answer);
  ~TierFetch() override;

  void on_head(const http1::ResponseHead& head, http1::BodyEnd body) override;
  void on_data(std::string_view piece) override;
  void on_end() override;
  void on_failure(const upstream::CallFailure& failure) override;

 private:
  void next();
  bool ask_peer(const TierHop& hop);
  const TierHop& hop() const { return hops_[next_hop_ - 1]; }
  std::string_view have() const;
  bool answers(const TierReply& reply, const http1::ResponseHead& head) const;
  std::shared_ptr<Object> read(TierReply& reply, const http1::ResponseHead& head) const;
  void pass_over();
  void watch();
  void answer(Answer answer);
  void watch_readers();
  void readers_changed();
  void add(std::string_view bytes);
  void whole();
  void cut();
  void over();

  // After a cut.
  void go_on();
  void go_on_with(const Answer& answer);
  bool is_the_same(const Object& other) const;
  void splice();
  bool take_over(std::string_view bytes);

  Worker& worker_;
  const Tier& tier_;
  const std::shared_ptr<const Ask> ask_;
  Terms terms_;
  OnAnswer on_answer_;
  std::vector<TierHop> hops_;
  std::size_t next_hop_ = 0;
  MonotonicTime asked_at_{};
  std::unique_ptr<upstream::Call> call_;
  std::unique_ptr<net::Timer> watch_;
  std::shared_ptr<Object> object_;
  std::shared_ptr<Body> body_;  // that grows
  std::shared_ptr<Wake> readers_changed_, more_;
  std::unique_ptr<BodyReader> ours_, source_;
  std::uint64_t known_ = 0;  // bytes of the source that came before the cut
  bool sliced_ = false, paused_ = false, over_ = false;
};

}  // namespace meridian::engines::cdn
