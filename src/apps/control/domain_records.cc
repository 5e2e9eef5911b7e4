#include "apps/control/domain_records.h"

#include <algorithm>

#include "base/bytes.h"
#include "upstream/address_answer.h"

namespace meridian::apps {

// One question to resolvers, one after another.
class DnsDomainRecords::Question final : private net::DatagramServer {
 public:
  Question(DnsDomainRecords& owner, Key key, const dns::Name& name)
      : owner_(owner), key_(std::move(key)), name_(name) {
    ask();
  }

 private:
  const net::Address& resolver() const { return owner_.resolvers_[tries_ % owner_.resolvers_.size()]; }

  void ask() {
    id_ = static_cast<std::uint16_t>(owner_.random_.next());
    const net::IpAddress any = resolver().ip.is_v4() ? net::IpAddress() : net::IpAddress::v6({});
    auto socket = owner_.loop_.serve_udp({any, 0}, {}, *this);
    socket_ = socket ? *std::move(socket) : nullptr;
    if (socket_) socket_->send_to(resolver(), as_bytes(upstream::question_bytes(id_, name_, key_.second)));
    timer_ = owner_.loop_.after(kTryTime, [this] { try_next(); });
  }

  void try_next() {
    if (++tries_ == kTries) return owner_.answered(key_, std::nullopt);
    ask();
  }

  void serve(std::span<net::Exchange> batch) override {
    for (const net::Exchange& exchange : batch) {
      if (*exchange.peer != resolver()) continue;
      auto message = dns::parse_message(exchange.query);
      if (!message || !answers(*message)) continue;
      // Both are for the loop's next turn: they end this object or its socket, which is being served.
      const auto rcode = static_cast<dns::Rcode>(message->header.rcode);
      const bool known = rcode == dns::Rcode::NoError || rcode == dns::Rcode::NXDomain;
      timer_ = owner_.loop_.after(Duration::zero(), [this, known, found = std::move(message->answers)] {
        if (!known) return try_next();
        owner_.answered(key_, found);
      });
      return;
    }
  }

  bool answers(const dns::Message& message) const {
    return message.header.qr && message.header.id == id_ && message.questions.size() == 1 &&
           message.questions[0].name == name_ && message.questions[0].type == key_.second &&
           message.questions[0].klass == dns::Class::IN;
  }

  DnsDomainRecords& owner_;
  const Key key_;
  const dns::Name name_;
  std::size_t tries_ = 0;
  std::uint16_t id_ = 0;
  std::unique_ptr<net::UdpSocket> socket_;
  std::unique_ptr<net::Timer> timer_;
};

DnsDomainRecords::DnsDomainRecords(Here here, net::Loop& loop, Random& random,
                                   std::vector<net::Address> resolvers, std::function<void()> on_news)
    : here_(std::move(here)),
      loop_(loop),
      random_(random),
      resolvers_(std::move(resolvers)),
      on_news_(std::move(on_news)) {}

DnsDomainRecords::~DnsDomainRecords() = default;

bool DnsDomainRecords::leads_to(const std::string& name, const std::string& target) {
  const auto owner = dns::Name::parse(name), wanted = dns::Name::parse(target);
  if (!owner || !wanted) return false;
  auto records = here_(*owner, dns::Type::CNAME);
  if (!records) records = ask_others(*owner, dns::Type::CNAME);
  return records && std::ranges::any_of(*records, [&](const dns::Record& record) {
           return record.type == dns::Type::CNAME && record.owner == *owner &&
                  to_lower(record.rdata) == to_lower(wanted->wire());
         });
}

Result<std::vector<services::acm::CaaRecord>> DnsDomainRecords::authorities_of(const std::string& domain) {
  const dns::Name name = TRY(dns::Name::parse(domain));
  bool is_ours = false;
  for (std::size_t labels = name.label_count(); labels > 0; --labels) {
    const dns::Name at = name.suffix(labels);
    auto records = here_(at, dns::Type::CAA);
    // Above a zone of ours nobody is asked: a network without any other DNS has its certificates too.
    if (!records && is_ours) break;
    is_ours = records.has_value();
    if (!records) records = ask_others(at, dns::Type::CAA);
    if (!records) return fail(ErrorCode::Unavailable, "the CAA records of " + domain + " are not known");
    std::vector<services::acm::CaaRecord> found;
    for (const dns::Record& record : *records)
      if (record.type == dns::Type::CAA)
        if (auto caa = read_caa(record.rdata)) found.push_back(*std::move(caa));
    if (!found.empty()) return found;
  }
  return std::vector<services::acm::CaaRecord>();
}

std::optional<std::vector<dns::Record>> DnsDomainRecords::ask_others(const dns::Name& name, dns::Type type) {
  if (resolvers_.empty()) return std::nullopt;
  const Key key{std::string(name.lower().wire()), type};
  if (const auto found = asked_.find(key); found != asked_.end()) {
    if (found->second.question) return std::nullopt;
    if (loop_.clock().monotonic() < found->second.until) return found->second.answers;
    asked_.erase(found);
  }
  if (asked_.size() >= kAskedMax)
    std::erase_if(asked_, [&](const auto& each) {
      return !each.second.question && each.second.until <= loop_.clock().monotonic();
    });
  if (asked_.size() >= kAskedMax) return std::nullopt;
  asked_[key].question = std::make_unique<Question>(*this, key, name);
  return std::nullopt;
}

void DnsDomainRecords::answered(const Key& key, std::optional<std::vector<dns::Record>> answers) {
  Asked& asked = asked_.find(key)->second;
  asked.until = loop_.clock().monotonic() + (answers ? kKept : kFailureKept);
  asked.answers = std::move(answers);
  const auto done = std::move(asked.question);  // the caller: nothing of it is touched any more
  on_news_();
}

std::optional<services::acm::CaaRecord> read_caa(std::string_view rdata) {
  ByteReader in(as_bytes(rdata));
  services::acm::CaaRecord caa;
  caa.critical = (in.u8() & 0x80) != 0;
  const std::size_t tag_size = in.u8();
  if (!in.ok() || tag_size == 0 || rdata.size() < 2 + tag_size) return std::nullopt;
  caa.tag = to_lower(rdata.substr(2, tag_size));
  caa.value = std::string(rdata.substr(2 + tag_size));
  return caa;
}

}  // namespace meridian::apps
