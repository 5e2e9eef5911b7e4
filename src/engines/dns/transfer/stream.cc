#include "engines/dns/transfer/stream.h"

#include "base/check.h"

namespace meridian::engines::dns::transfer {
namespace {

using meridian::dns::Class;
using meridian::dns::Header;
using meridian::dns::MessageWriter;
using Section = MessageWriter::Section;

constexpr std::size_t kMessageSizeMax = 65535;  // what two bytes can say
constexpr std::size_t kOptSize = 11;            // root owner, type, class, TTL, RDLENGTH

class NewestSoa final : public RecordSource {
 public:
  NewestSoa(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone)
      : version_(std::move(version)), soa_(soa_of(zone)) {}
  const RecordView* current() const override { return sent_ ? nullptr : &soa_; }
  void advance() override { sent_ = true; }

 private:
  std::shared_ptr<const DnsSnapshot> version_;
  RecordView soa_;
  bool sent_ = false;
};

class WholeZone final : public RecordSource {
 public:
  WholeZone(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone)
      : version_(std::move(version)), zone_(zone), nodes_(zone) {
    of_name_.push_back(soa_of(zone));
  }

  const RecordView* current() const override { return at_ < of_name_.size() ? &of_name_[at_] : nullptr; }
  void advance() override {
    if (++at_ < of_name_.size() || ended_) return;
    of_name_.clear();
    at_ = 0;
    while (of_name_.empty()) {
      const NameNode* node = nodes_.next();
      if (node) {
        take(*node);
      } else {
        ended_ = true;
        of_name_.push_back(soa_of(zone_));
      }
    }
  }

 private:
  void take(const NameNode& node) {
    owner_ = node.relative_name();
    owner_ += zone_.apex();
    node.for_each([&](const RecordsView& set) {
      if (set.type == Type::SOA) return;
      const auto records = find_records(*version_, zone_, node, set.type);
      if (!records) return;
      for (std::size_t at = 0; at < records->data.size();)
        of_name_.push_back({owner_, set.type, records->ttl(), records->next(at)});
    });
  }

  std::shared_ptr<const DnsSnapshot> version_;
  const DnsZone& zone_;
  DnsZone::NodeCursor nodes_;
  std::string owner_;
  std::vector<RecordView> of_name_;  // what is left of one name begins at at_
  std::size_t at_ = 0;
  bool ended_ = false;
};

class ChainOfDifferences final : public RecordSource {
 public:
  ChainOfDifferences(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone, Differences steps)
      : version_(std::move(version)), soa_(soa_of(zone)), steps_(std::move(steps)), record_(soa_) {}

  const RecordView* current() const override { return ended_ ? nullptr : &record_; }
  void advance() override {
    if (list_ == 2 * steps_.size()) {
      ended_ = last_;
      last_ = true;
      record_ = soa_;
      return;
    }
    const Difference& step = *steps_[list_ / 2];
    const RecordList& list = list_ % 2 == 0 ? step.removed : step.added;
    record_ = list.next(position_);  // each list has its SOA at least
    if (!list.is_end(position_)) return;
    position_ = 0;
    ++list_;
  }

 private:
  std::shared_ptr<const DnsSnapshot> version_;
  RecordView soa_;
  Differences steps_;
  RecordView record_;
  std::size_t list_ = 0;  // removed and added of each step in turn
  std::size_t position_ = 0;
  bool last_ = false, ended_ = false;
};

}  // namespace

std::unique_ptr<RecordSource> differences(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone,
                                          Differences steps) {
  return std::make_unique<ChainOfDifferences>(std::move(version), zone, std::move(steps));
}

std::unique_ptr<RecordSource> whole_zone(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone) {
  return std::make_unique<WholeZone>(std::move(version), zone);
}

std::unique_ptr<RecordSource> newest_soa(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone) {
  return std::make_unique<NewestSoa>(std::move(version), zone);
}

std::size_t Stream::next(MutableBytes buffer, SystemTime now) {
  CHECK(!at_end() && buffer.size() >= kMessageSizeMax);
  const std::size_t room = signer_ ? signer_->room() : 0;
  std::size_t size = fill(buffer, kMessageSize - room);
  if (size == 0) size = fill(buffer, kMessageSizeMax - room);
  if (size == 0) return 0;
  first_ = false;
  if (signer_) size = signer_->sign(buffer, size, now);
  bytes_sent_ += size;
  return size;
}

std::size_t Stream::fill(MutableBytes buffer, std::size_t limit) {
  MessageWriter writer(buffer, limit);
  Header header;
  header.id = head_.id;
  header.qr = header.aa = true;
  writer.set_header(header);
  CHECK(writer.add_question(head_.question.name.wire(), head_.question.type, head_.question.klass));
  const bool with_opt = first_ && head_.edns;
  if (with_opt) CHECK(writer.reserve(kOptSize));
  std::uint64_t records = 0;
  for (const RecordView* record = records_->current(); record; record = records_->current()) {
    if (!writer.add_record(Section::Answer, record->owner, record->type, Class::IN, record->ttl,
                           record->rdata))
      break;
    ++records;
    records_->advance();
  }
  if (records == 0) return 0;
  records_sent_ += records;
  if (with_opt) {
    writer.release_reserved();
    CHECK(writer.add_record(Section::Additional, std::string_view("\0", 1), Type::OPT,
                            static_cast<Class>(head_.udp_payload_size_max), 0, std::string_view("")));
  }
  return writer.finish();
}

}  // namespace meridian::engines::dns::transfer
