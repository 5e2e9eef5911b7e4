// What explain says of the caches that a request goes through: what each has of the object, from one tier to
// the next, in other processes too, where edges are asked what they have. Rule: nobody is disturbed: a copy
// that is looked at counts as not visited, and no origin is asked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engines/cdn/tier.h"
#include "engines/cdn/tier_routes.h"
#include "engines/cdn/trace.h"
#include "upstream/origin_client.h"

namespace meridian::engines::cdn {

class Worker;

inline constexpr std::size_t kToldBytesMax = 64 * 1024;  // of one edge
inline constexpr Duration kToldTimeMax = std::chrono::seconds(5);

// Of one loop's thread. Destroyed, it tells nothing any more.
class TierLook final : public upstream::Reply {
 public:
  struct Told {
    std::vector<Trace::Step> steps;
    bool asks_origin = false;  // nobody has what may be served
  };
  using OnTold = std::function<void(Told)>;  // may destroy this

  TierLook(Worker& worker, std::shared_ptr<const Ask> ask, OnTold on_told)
      : worker_(worker), ask_(std::move(ask)), on_told_(std::move(on_told)) {}
  void begin(Tier& tier);
  // What the last tier of this process has that was looked at for all of the object.
  const Tier::Held& held() const { return held_; }
  // The first other edge that was asked; "": none.
  const std::string& edge() const { return edge_; }
  // What whoever is last would be asked: where slices are missing, for those.
  const Ask& ask() const { return *ask_; }
  // The copy that would be revalidated; null: none.
  const Object* previous() const { return is_of_slices() ? nullptr : held_.object.get(); }

  void on_head(const http1::ResponseHead& head, http1::BodyEnd body) override;
  void on_data(std::string_view piece) override;
  void on_end() override;
  void on_failure(const upstream::CallFailure& failure) override;

 private:
  bool is_of_slices() const { return !ask_->if_range.empty(); }
  void look_at(Tier& tier, Tier::Held held);
  bool ask_for_slices(const Tier& tier, const Object& object);
  void next();
  bool ask_peer(const TierHop& hop);
  void does_not_tell(std::string_view why);
  void end(bool asks_origin);

  Worker& worker_;
  std::shared_ptr<const Ask> ask_;
  OnTold on_told_;
  Trace trace_{Trace::Origins::Spared};
  Tier::Held held_;
  std::string edge_;
  std::vector<TierHop> hops_;
  std::size_t next_hop_ = 0;
  std::unique_ptr<upstream::Call> call_;
  std::string body_;
  const std::shared_ptr<TierLook*> self_ = std::make_shared<TierLook*>(this);  // for who may come too late
};

// What a tier has under the ask's key; of a HEAD, under its own too.
Tier::Held look_for(Tier& tier, const Ask& ask, rules::Time now);
// The arithmetic of an object's time, over what is kept of its head.
void tell_lifetime(const Ask& ask, const Object& object, Trace& trace);

// Between edges. Read: refused whole when it is not what an edge writes.
std::string write_told(const TierLook::Told& told);
Result<TierLook::Told> read_told(std::string_view bytes);

}  // namespace meridian::engines::cdn
