#include "engines/cdn/tier_look.h"

#include <fmt/format.h>

#include <array>

#include "base/bytes.h"
#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/request.h"
#include "engines/cdn/slice_fetch.h"
#include "engines/cdn/tier_fetch.h"
#include "engines/cdn/tier_wire.h"
#include "engines/cdn/worker.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::uint8_t kToldForm = 1;
constexpr std::size_t kToldStepsMax = 1000;
// All that an edge tells of: steps and fields have literals for names.
constexpr std::array<std::string_view, 2> kWhats = {"cache", "lifetime"};
constexpr std::array<std::string_view, 10> kNames = {"tier",   "copy", "fresh", "age",    "edge",
                                                     "shield", "told", "disk",  "slices", "missing"};

template <std::size_t kCount>
std::uint8_t index_of(const std::array<std::string_view, kCount>& literals, std::string_view name) {
  return static_cast<std::uint8_t>(std::ranges::find(literals, name) - literals.begin());
}

std::string size_text(const Object& object) {
  const auto length = object.length_now();
  if (!length) return "of a length that is not known yet";
  if (!object.body->parts()) return fmt::format("{} bytes", *length);
  const Parts::Stock stock = object.body->parts()->stock(0, 0);
  return fmt::format("{} bytes in {} slices, {} of them in memory and {} on disk", *length, stock.parts,
                     stock.in_memory, stock.on_disk);
}

// Of what is kept in slices, what the viewer wants to read first, or whoever asks for a part.
std::optional<rules::ByteRange> wanted_of(const Ask& ask, std::uint64_t length) {
  using Kind = rules::RangeChoice::Kind;
  if (!ask.if_range.empty()) return *ask.range;
  const rules::RangeChoice choice = rules::choose_ranges(ask.fields, length);
  if (ask.method != "GET" || choice.kind == Kind::Unsatisfiable) return std::nullopt;
  if (choice.kind == Kind::Part) return choice.part;
  return choice.kind == Kind::Parts ? choice.parts.front() : rules::ByteRange{0, length - 1};
}

const char* choice_text(Tier::Choice choice) {
  switch (choice) {
    case Tier::Choice::Serve:
    case Tier::Choice::Ask:
      break;
    case Tier::Choice::StandIn:
      return "; it stands in, as the origin failed a moment ago";
    case Tier::Choice::ServeAndRefresh:
      return "; served by stale-while-revalidate, and asked for behind it";
    case Tier::Choice::AskAlone:
      return "; the origin wants no answer shared, so each request asks for itself";
    case Tier::Choice::Join:
      return "; another request has asked, and this one waits for its answer";
  }
  return "";
}

void tell_copy(std::string_view tier, const Tier::Held& held, const Ask& ask, rules::Time now, Trace& trace) {
  std::string text = held.on_disk ? "one that cannot be read" : "no copy";
  if (held.object) {
    std::vector<std::string> lines;
    rules::judge(held.object->life_as(held.purged, now), now, &lines);
    text = fmt::format("a copy: {}, {}, {}", held.object->status, size_text(*held.object), lines.front());
    if (held.purged.at_all())
      text += fmt::format(", by the soft invalidation of {} {} s ago", ask.purges->item(held.purged.line),
                          std::max(now - held.purged.since, rules::Seconds(0)).count());
  } else if (held.purged.gone()) {
    text = "a copy, taken by the invalidation of " + ask.purges->item(held.purged.line);
  }
  Trace::Fields fields = {
      {"tier", std::string(tier)},
      {"copy", held.object != nullptr},
      {"fresh", held.choice == Tier::Choice::Serve},
      {"age", held.object ? static_cast<std::int64_t>(held.object->life.age(now).count()) : -1}};
  if (held.on_disk) fields.push_back({"disk", true});
  if (held.object && held.object->body->parts()) fields.push_back({"slices", true});
  trace.add("cache",
            fmt::format("{}: {}{}{}", tier, held.on_disk ? "no copy in memory, on disk " : "", text,
                        choice_text(held.choice)),
            std::move(fields));
  if (held.object) tell_lifetime(ask, *held.object, trace);
}

std::string name_of(const TierHop& hop) {
  return fmt::format("{}{}", hop.region, hop.shield ? " (Origin Shield)" : "");
}

}  // namespace

Tier::Held look_for(Tier& tier, const Ask& ask, rules::Time now) {
  Tier::Held held = tier.look(ask.key, now);
  if (ask.method == "HEAD" && !held.serves()) held = tier.look(key_of_head(ask.key), now);
  return held;
}

// Age is not kept: the age that it made the response arrive with is.
void tell_lifetime(const Ask& ask, const Object& object, Trace& trace) {
  rules::LifetimeInput input =
      lifetime_input(ask, object.status, object.fields, {object.life.answered, object.life.answered});
  input.origin.age = rules::Seconds(object.life.initial_age_s);
  std::vector<std::string> lines;
  const rules::Lifetime now = rules::decide_lifetime(input, &lines);
  trace.add_lines("lifetime", lines);
  if (object.kept && now.life.fresh_s != object.life.fresh_s)
    trace.add("lifetime",
              fmt::format("but it came under another configuration: fresh for {} s", object.life.fresh_s));
}

void TierLook::begin(Tier& tier) {
  Tier::Held held = look_for(tier, *ask_, worker_.now());
  const bool asks = held.choice == Tier::Choice::Ask && !held.object && !held.purged.gone();
  const auto go_on = [self = std::weak_ptr(self_), &tier](Tier::Held read) {
    if (const auto look = self.lock()) (*look)->look_at(tier, std::move(read));
  };
  const Key key = ask_->method == "HEAD" ? key_of_head(ask_->key) : ask_->key;
  if (!asks || !tier.look_on_disk(key, worker_, ask_, go_on)) look_at(tier, std::move(held));
}

void TierLook::look_at(Tier& tier, Tier::Held held) {
  tell_copy(tier.name(), held, *ask_, worker_.now(), trace_);
  if (!is_of_slices()) held_ = held;
  if (held.serves() && !ask_for_slices(tier, *held.object)) return end(false);
  if (held.choice == Tier::Choice::Join) return end(false);
  if (held.choice == Tier::Choice::AskAlone) return end(true);
  hops_ = worker_.routes.after(tier, *ask_);
  next_hop_ = 0;
  next();
}

// What is missing of it comes through the tiers behind this one.
bool TierLook::ask_for_slices(const Tier& tier, const Object& object) {
  if (!object.body->parts()) return false;
  const auto wanted = wanted_of(*ask_, *object.length_now());
  if (!wanted) return false;
  const Parts::Stock stock =
      object.body->parts()->stock(wanted->first, std::min(wanted->last, *object.length_now() - 1) + 1);
  if (!stock.misses()) return false;
  const rules::ByteRange missing{stock.missing_from, stock.missing_until - 1};
  trace_.add("cache",
             fmt::format("{}: bytes {} to {} of it are missing, and asked for", tier.name(), missing.first,
                         missing.last),
             {{"tier", tier.name()}, {"missing", true}});
  ask_ = part_of(*ask_, missing, strong_etag(object.fields));
  return true;
}

void TierLook::next() {
  call_.reset();
  while (next_hop_ < hops_.size()) {
    const TierHop& hop = hops_[next_hop_++];
    if (hop.tier) return begin(*hop.tier);
    if (ask_peer(hop)) return;
  }
  end(true);
}

bool TierLook::ask_peer(const TierHop& hop) {
  body_.clear();
  if (edge_.empty()) edge_ = hop.peer->name;
  call_ = call_peer(worker_, hop,
                    write_tier_request(*ask_, {hop.region, hop.shield, true}, worker_.purges.wanted(), ""),
                    kToldTimeMax, *this);
  return call_ != nullptr;
}

void TierLook::does_not_tell(std::string_view why) {
  const TierHop& hop = hops_[next_hop_ - 1];
  trace_.add("cache",
             fmt::format("{}: at edge {}, which does not tell: {}", name_of(hop), hop.peer->name, why),
             {{"tier", hop.region}, {"edge", hop.peer->name}, {"shield", hop.shield}, {"told", false}});
  next();
}

void TierLook::on_head(const http1::ResponseHead& head, http1::BodyEnd /*body*/) {
  if (head.status == 200) return;
  switch (head.status) {
    case kTierUnknown:
      return does_not_tell("it has no such distribution, or no cache of that Region");
    case kTierBehind:
      return does_not_tell("it has invalidations still to come");
    case kTierForeign:
      return does_not_tell("it does not know this edge");
    default:
      return does_not_tell("it does not understand the question");
  }
}

void TierLook::on_data(std::string_view piece) {
  body_ += piece;
  if (body_.size() > kToldBytesMax) does_not_tell("it tells too much");
}

void TierLook::on_end() {
  auto told = read_told(body_);
  if (!told) return does_not_tell(told.error().message);
  const TierHop& hop = hops_[next_hop_ - 1];
  trace_.add("cache", fmt::format("{}: at edge {}, which says", name_of(hop), hop.peer->name),
             {{"tier", hop.region}, {"edge", hop.peer->name}, {"shield", hop.shield}, {"told", true}});
  for (Trace::Step& step : told->steps) trace_.add(step.what, std::move(step.text), std::move(step.fields));
  end(told->asks_origin);
}

void TierLook::on_failure(const upstream::CallFailure& failure) {
  does_not_tell(failure.why);
}

void TierLook::end(bool asks_origin) {
  Told told{trace_.steps(), asks_origin};
  const OnTold on_told = std::move(on_told_);  // may destroy this
  on_told(std::move(told));
}

// FORM ASKS-ORIGIN COUNT { WHAT TEXT COUNT { NAME KIND VALUE } }
std::string write_told(const TierLook::Told& told) {
  std::string out;
  append_u8(out, kToldForm);
  append_u8(out, told.asks_origin);
  append_u16(out, static_cast<std::uint16_t>(std::min(told.steps.size(), kToldStepsMax)));
  for (std::size_t i = 0; i < std::min(told.steps.size(), kToldStepsMax); ++i) {
    const Trace::Step& step = told.steps[i];
    append_u8(out, index_of(kWhats, step.what));
    append_sized(out, step.text);
    append_u8(out, static_cast<std::uint8_t>(step.fields.size()));
    for (const Trace::Field& field : step.fields) {
      append_u8(out, index_of(kNames, field.name));
      append_u8(out, static_cast<std::uint8_t>(field.value.index()));
      if (const auto* flag = std::get_if<bool>(&field.value)) append_u8(out, *flag);
      if (const auto* number = std::get_if<std::int64_t>(&field.value))
        append_u64(out, static_cast<std::uint64_t>(*number));
      if (const auto* text = std::get_if<std::string>(&field.value)) append_sized(out, *text);
    }
  }
  return out;
}

Result<TierLook::Told> read_told(std::string_view bytes) {
  const auto refused = [] {
    return fail(ErrorCode::Invalid, "what it tells cannot be read", ErrorSource::Peer);
  };
  ByteReader in(bytes);
  TierLook::Told told;
  if (in.u8() != kToldForm) return refused();
  told.asks_origin = in.u8() != 0;
  const std::uint16_t count = in.u16();
  if (!in.ok() || count > kToldStepsMax) return refused();
  for (std::uint16_t i = 0; i < count; ++i) {
    const std::uint8_t what = in.u8();
    Trace::Step step{kWhats[std::min<std::size_t>(what, kWhats.size() - 1)], std::string(in.sized())};
    const std::uint8_t fields = in.u8();
    if (!in.ok() || what >= kWhats.size()) return refused();
    for (std::uint8_t k = 0; k < fields; ++k) {
      const std::uint8_t name = in.u8();
      if (name >= kNames.size()) return refused();
      Trace::Field field{kNames[name], false};
      switch (in.u8()) {
        case 0:
          field.value = in.u8() != 0;
          break;
        case 1:
          field.value = static_cast<std::int64_t>(in.u64());
          break;
        case 3:
          field.value = std::string(in.sized());
          break;
        default:
          return refused();
      }
      if (!in.ok()) return refused();
      step.fields.push_back(std::move(field));
    }
    told.steps.push_back(std::move(step));
  }
  if (!in.ok() || !in.at_end()) return refused();
  return told;
}

}  // namespace meridian::engines::cdn
