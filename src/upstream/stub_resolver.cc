#include "upstream/stub_resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"

namespace meridian::upstream {
namespace {

constexpr std::string_view kMetric = "meridian_health_name_lookups_total";
constexpr const char* kSilent = "The DNS server did not answer.";
constexpr std::string_view kHelp = "Names of endpoints looked up";

net::Address any_of_family(const net::Address& peer) {
  return {peer.ip.is_v4() ? net::IpAddress() : net::IpAddress::v6({}), 0};
}

}  // namespace

// Somebody who wants to know. It is told on a turn of the loop of its own, so that it may do what it likes.
class StubResolver::Waiter final : public NameLookup {
 public:
  Waiter(StubResolver& resolver, std::string name, OnFound on_found)
      : resolver_(resolver), name_(std::move(name)), on_found_(std::move(on_found)) {}
  ~Waiter() override;
  void wait();
  void tell(Result<net::IpAddress> found) {
    waits_ = false;
    turn_ = resolver_.loop_.after(Duration::zero(), [this, found = std::move(found)] {
      const OnFound on_found = std::exchange(on_found_, nullptr);
      on_found(found);
    });
  }

 private:
  StubResolver& resolver_;
  const std::string name_;
  OnFound on_found_;
  bool waits_ = false;  // among those that the resolver will tell
  std::unique_ptr<net::Timer> turn_;
};

// One name being asked for: at each resolver in turn, and again under the name that an answer leads to.
class StubResolver::Question final : private net::DatagramServer {
 public:
  Question(StubResolver& owner, std::string name, dns::Name asked)
      : owner_(owner), name_(std::move(name)), asked_(asked) {
    ask();
  }

 private:
  const net::Address& resolver() const { return owner_.resolvers_[tries_ % owner_.resolvers_.size()]; }

  void ask() {
    id_ = static_cast<std::uint16_t>(owner_.random_.next());
    socket_.reset();
    auto socket = owner_.loop_.serve_udp(any_of_family(resolver()), {}, *this);
    socket_ = socket ? *std::move(socket) : nullptr;
    if (socket_) socket_->send_to(resolver(), as_bytes(question_bytes(id_, asked_, meridian::dns::Type::A)));
    timer_ = owner_.loop_.after(kQuestionTime, [this] {
      failure_ = kSilent;
      try_next();
    });
  }

  void try_next() {
    do {
      if (++tries_ == kQuestionTries * owner_.resolvers_.size()) return end({});
    } while (useless_.contains(resolver()));
    ask();
  }

  void serve(std::span<net::Exchange> batch) override {
    for (const net::Exchange& exchange : batch) {
      if (*exchange.peer != resolver()) continue;
      if (auto answer = read_address_answer(exchange.query, id_, asked_)) return take(*std::move(answer));
    }
  }

  // Destroys this, or its socket: the last thing that any of its callers does.
  void take(AddressAnswer answer) {
    lives_ = std::min(lives_, answer.lives);
    if (answer.at) return follow(*answer.at);
    if (answer.rcode == dns::Rcode::NoError) {
      failure_ = "The name has no A record.";
      return end(std::move(answer.addresses));
    }
    failure_ = shown(answer.rcode);
    if (answer.rcode == dns::Rcode::NXDomain) return end({});
    useless_.insert(resolver());
    try_next();
  }

  // A server that holds one zone does not know where an alias to another leads.
  void follow(const dns::Name& target) {
    if (++aliases_ > kAliasesMax) {
      failure_ = "The name is an alias of too many others.";
      return end({});
    }
    asked_ = target;
    tries_ = 0;
    useless_.clear();
    ask();
  }

  void end(std::vector<net::IpAddress> addresses) {
    const Duration kept = addresses.empty() ? kFailureKept : lives_;
    owner_.finish(name_, {owner_.loop_.clock().monotonic() + kept, std::move(addresses), failure_});
  }

  StubResolver& owner_;
  const std::string name_;
  dns::Name asked_;
  std::size_t tries_ = 0, aliases_ = 0;
  std::set<net::Address> useless_;  // they said that they do not know
  Duration lives_ = Duration::max();
  std::string failure_ = kSilent;
  std::uint16_t id_ = 0;
  std::unique_ptr<net::UdpSocket> socket_;
  std::unique_ptr<net::Timer> timer_;
};

StubResolver::Waiter::~Waiter() {
  if (waits_) resolver_.asked_.find(name_)->second.waiters.remove(this);
}

void StubResolver::Waiter::wait() {
  waits_ = true;
  resolver_.asked_.find(name_)->second.waiters.push_back(this);
}

StubResolver::StubResolver(net::Loop& loop, Random& random, std::vector<net::Address> resolvers,
                           Metrics& metrics)
    : loop_(loop),
      random_(random),
      resolvers_(std::move(resolvers)),
      found_(metrics.counter(kMetric, kHelp, {{"result", "found"}})),
      failed_(metrics.counter(kMetric, kHelp, {{"result", "failed"}})),
      remembered_(metrics.counter(kMetric, kHelp, {{"result", "remembered"}})) {}

StubResolver::~StubResolver() = default;

std::unique_ptr<NameLookup> StubResolver::look_up(const std::string& name, OnFound on_found) {
  const std::string key = to_lower(name);
  auto waiter = std::make_unique<Waiter>(*this, key, std::move(on_found));
  const auto kept = kept_.find(key);
  if (kept != kept_.end() && kept->second.until > loop_.clock().monotonic()) {
    remembered_.add();
    waiter->tell(pick(kept->second));
    return waiter;
  }
  if (auto at = asked_.find(key); at == asked_.end()) {
    if (!dns::Name::parse(key) || asked_.size() == kNamesWaitingMax) {
      failed_.add();
      waiter->tell(fail(ErrorCode::Limit, asked_.size() == kNamesWaitingMax
                                              ? "Too many other names are being looked up."
                                              : "The name is no domain name."));
      return waiter;
    }
    asked_.try_emplace(key);
    turns_.push_back(key);
  }
  waiter->wait();
  ask_next();
  return waiter;
}

void StubResolver::ask_next() {
  while (asking_ < kQuestionsMax && !turns_.empty()) {
    const auto at = asked_.find(turns_.front());
    turns_.pop_front();
    if (at->second.waiters.empty()) {
      asked_.erase(at);
      continue;
    }
    ++asking_;
    at->second.question = std::make_unique<Question>(*this, at->first, dns::Name::parse(at->first).value());
  }
}

void StubResolver::finish(const std::string& name, Kept kept) {
  (kept.addresses.empty() ? failed_ : found_).add();
  const auto at = asked_.find(name);
  for (Waiter* const waiter : at->second.waiters) waiter->tell(pick(kept));
  keep(at->first, std::move(kept));
  asked_.erase(at);  // and with it the question, which called this
  --asking_;
  ask_next();
}

void StubResolver::keep(const std::string& name, Kept kept) {
  const MonotonicTime now = loop_.clock().monotonic();
  if (kept_.size() >= kNamesKeptMax)
    std::erase_if(kept_, [now](const auto& each) { return each.second.until <= now; });
  if (kept_.size() < kNamesKeptMax || kept_.contains(name)) kept_.insert_or_assign(name, std::move(kept));
}

Result<net::IpAddress> StubResolver::pick(const Kept& kept) {
  if (kept.addresses.empty()) return fail(ErrorCode::NotFound, kept.failure, ErrorSource::Peer);
  return kept.addresses[random_.below(kept.addresses.size())];
}

}  // namespace meridian::upstream
