// Reply: the message under construction. It knows how much room there is, which RRsets must be in the message
// and which may be left out, and remembers what additional data the ones it took call for.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engines/dns/answer.h"
#include "engines/dns/find_records.h"
#include "formats/dns/message.h"

namespace meridian::engines::dns {

class Reply {
 public:
  static constexpr std::size_t kAdditionalSetsMax = 128;  // RRsets in the additional section
  static constexpr std::size_t kPaddingBlock = 468;       // RFC 8467 §4.1
  static constexpr std::size_t kSourcesMax = 2;  // RRsets whose targets get addresses: answer, authority

  // Writes the question and keeps room for OPT.
  Reply(const meridian::dns::Query& query, const AnswerContext& context, MutableBytes out, Trace* trace);

  void set_authoritative(bool authoritative) { header_.aa = authoritative; }
  void set_truncated(bool truncated) { header_.tc = truncated; }
  bool authoritative() const { return header_.aa; }
  bool truncated() const { return header_.tc; }

  // Required: false, and the reply is truncated, when the RRset does not fit.
  bool add_answer(const DnsZone& zone, std::string_view owner, const RecordsView& records);
  void add_soa(const DnsZone& zone);
  // `cut`, the delegated name, must outlive the reply.
  void add_referral(const DnsZone& zone, std::string_view cut, const RecordsView& ns);
  // Optional: left out when there is no room.
  void add_authority_ns(const DnsZone& zone);
  // The addresses of the targets of what was added, in-domain glue first, which is required (RFC 9471).
  void add_additional(const DnsSnapshot& snapshot);

  std::size_t finish(meridian::dns::Rcode rcode);

 private:
  using Section = meridian::dns::MessageWriter::Section;
  struct Source {
    const DnsZone* zone;
    RecordsView records;
  };

  static std::size_t size_limit(const meridian::dns::Query& query, const AnswerContext& context,
                                MutableBytes out);
  void build_options();
  void pad(std::size_t size_before_opt);
  void append_option(meridian::dns::OptionCode code, Bytes value);
  bool add_set(Section section, std::string_view owner, const RecordsView& records, std::uint32_t ttl);
  bool add_required(Section section, std::string_view owner, const RecordsView& records, std::uint32_t ttl);
  void remember(const DnsZone& zone, const RecordsView& records);
  void add_addresses(const DnsSnapshot& snapshot, const DnsZone& zone, std::string_view target,
                     bool required);
  void add_targets(const DnsSnapshot& snapshot, const Source& source, bool glue);

  const meridian::dns::Query& query_;
  const AnswerContext& context_;
  Trace* trace_;
  meridian::dns::Header header_;
  meridian::dns::MessageWriter writer_;

  std::string_view cut_;  // the delegated name of a referral
  std::array<Source, kSourcesMax> sources_;
  std::size_t source_count_ = 0;
  std::array<const char*, kAdditionalSetsMax>
      added_;  // where the data of RRsets already in the message starts
  std::size_t added_count_ = 0;

  static constexpr std::size_t kOptionsSizeMax = 4 + ServerIdentity::kNsidSizeMax +           // NSID
                                                 4 + kClientCookieSize + kServerCookieSize +  // cookie
                                                 4 + 4 + 16 +                                 // client subnet
                                                 4 + kPaddingBlock;
  std::array<std::uint8_t, kOptionsSizeMax> options_;
  std::size_t options_size_ = 0;
  std::size_t padded_size_max_ = 0;  // 0: the reply is not padded
};

}  // namespace meridian::engines::dns
