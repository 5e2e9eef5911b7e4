// Reply: the message under construction. It knows how much room there is, which RRsets must be in the message
// and which may be left out, and remembers what additional data the ones it took call for.
//
// Every owner in a reply stands in it already: as the name asked for, as the end of another owner, or in
// RDATA. So a record is a copy of what the snapshot holds and a pointer (RFC 1035 §4.1.4).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "engines/dns/answer.h"
#include "engines/dns/find_records.h"
#include "formats/dns/message.h"

namespace meridian::engines::dns {

class Reply {
 public:
  static constexpr std::size_t kAdditionalNamesMax = 128;  // owners in the additional section
  static constexpr std::size_t kPaddingBlock = 468;        // RFC 8467 §4.1
  static constexpr std::size_t kSourcesMax = 2;  // RRsets whose targets get addresses: answer, authority

  // A name, and where in the message it stands; 0: nowhere that a pointer reaches.
  struct Owner {
    std::string_view wire;
    std::uint16_t at = 0;
  };

  // Writes the question and keeps room for OPT.
  Reply(const meridian::dns::Query& query, const AnswerContext& context, MutableBytes out, Trace* trace);

  void set_authoritative(bool authoritative) { set_flag(kAuthoritative, authoritative); }
  void set_truncated(bool truncated) { set_flag(kTruncated, truncated); }
  bool authoritative() const { return flags_ & kAuthoritative; }
  bool truncated() const { return flags_ & kTruncated; }

  Owner question() const { return {query_.question.name.wire(), kQuestionAt}; }
  // The record sets, at least one, as one RRset. Required: false, and the reply is truncated, when it does
  // not fit.
  bool add_answer(const DnsZone& zone, Owner owner, std::span<const RecordsView> sets);
  // The name that the CNAME leads to which was added last.
  Owner cname_target(const RecordsView& cname) const {
    return {cname.first(), pointable(rdata_at(set_at_, set_owner_size_))};
  }
  // `name` is the last owner of the answer section, or the question's when there is none.
  void add_soa(const DnsZone& zone, Owner name);
  void add_referral(const DnsZone& zone, Owner name, std::size_t cut_size, const NameNode& cut);
  // Optional: left out when there is no room. Its targets get no addresses.
  void add_authority_ns(const DnsZone& zone, Owner name);
  // The addresses of the targets of what was added, in-domain glue first, which is required (RFC 9471).
  void add_additional(const DnsSnapshot& snapshot);

  // For the client subnet of the reply, when there is one (RFC 7871 §7.2.1).
  void set_client_scope(std::uint8_t bits) {
    if (client_scope_at_ != 0) options_[client_scope_at_] = bits;
  }

  std::size_t finish(meridian::dns::Rcode rcode);

 private:
  using Section = meridian::dns::MessageWriter::Section;
  static constexpr std::uint16_t kQuestionAt = meridian::dns::kHeaderSize;
  static constexpr std::size_t kPointedMax = 0x3fff;
  static constexpr std::size_t kRecordHeadSize = snapshots::dns::kRecordHeadSize;

  static constexpr std::uint16_t kResponse = 0x8000, kAuthoritative = 0x0400, kTruncated = 0x0200;
  void set_flag(std::uint16_t flag, bool on) {
    flags_ = static_cast<std::uint16_t>(on ? flags_ | flag : flags_ & ~flag);
  }

  struct Source {
    const DnsZone* zone;
    RecordsView records;
    std::size_t at;          // in the message
    std::size_t owner_size;  // of each of its records there
  };

  static std::size_t size_limit(const meridian::dns::Query& query, const AnswerContext& context,
                                MutableBytes out);
  static std::uint16_t pointable(std::size_t at) {
    return at <= kPointedMax ? static_cast<std::uint16_t>(at) : 0;
  }
  static std::size_t rdata_at(std::size_t record_at, std::size_t owner_size) {
    return record_at + owner_size + kRecordHeadSize - snapshots::dns::kOwnerPointerSize;
  }
  static std::size_t written_size(Owner owner) {
    return owner.at != 0 ? snapshots::dns::kOwnerPointerSize : owner.wire.size();
  }
  void build_options();
  void pad(std::size_t size_before_opt);
  void append_option(meridian::dns::OptionCode code, Bytes value);
  // The last `size` bytes of a name.
  Owner end_of(Owner name, std::size_t size) const;

  bool add_several(const DnsZone& zone, Owner owner, std::span<const RecordsView> sets);
  bool add_set(Section section, Owner owner, const RecordsView& records);
  [[gnu::cold]] void explain_set(Section section, Owner owner, const RecordsView& records, std::uint32_t ttl);
  bool truncate(Type does_not_fit);  // always false
  bool add_required(Section section, Owner owner, const RecordsView& records);
  bool add_composed(Owner owner, const NameNode& node);
  bool put_plain(Owner owner, const RecordsView& records);
  bool put_linked(Owner owner, const RecordsView& records);
  void put_record(Owner owner, const char* record, std::size_t rdata_size);
  void remember(const DnsZone& zone, const RecordsView& records);
  void add_addresses(const DnsSnapshot& snapshot, const DnsZone& zone, const NameNode& node, Owner target,
                     bool required);
  void add_targets(const DnsSnapshot& snapshot, const Source& source, bool glue);

  const meridian::dns::Query& query_;
  const AnswerContext& context_;
  Trace* trace_;
  std::uint16_t flags_;  // of the header, as on the wire
  std::uint8_t* out_;
  std::size_t limit_, size_;
  std::array<std::uint16_t, 3> counts_{};
  std::size_t set_at_ = 0, set_owner_size_ = 0;  // of the RRset added last, as in Source

  std::string_view cut_;  // the delegated name of a referral
  union NoSource {        // most replies need none: what is not there costs nothing
    NoSource() {}
    Source source;
  };
  std::array<NoSource, kSourcesMax> sources_;
  std::size_t source_count_ = 0;
  // Whose addresses are in the message: by the node, since several aliases may share the records.
  std::array<const NameNode*, kAdditionalNamesMax> added_;
  std::size_t added_count_ = 0;

  static constexpr std::size_t kOptionsSizeMax = 4 + ServerIdentity::kNsidSizeMax +           // NSID
                                                 4 + kClientCookieSize + kServerCookieSize +  // cookie
                                                 4 + 4 + 16 +                                 // client subnet
                                                 4 + kPaddingBlock;
  std::array<std::uint8_t, kOptionsSizeMax> options_;
  std::size_t options_size_ = 0;
  std::size_t client_scope_at_ = 0;  // among the options; 0: nowhere
  std::size_t padded_size_max_ = 0;  // 0: the reply is not padded
};

}  // namespace meridian::engines::dns
