// The messages of one transfer, made one at a time as the client takes them. Rule: a stream holds one version
// of the zone from its first message to its last, and never more of it in memory than one name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engines/dns/transfer/zone_history.h"
#include "formats/dns/message.h"
#include "formats/dns/tsig.h"

namespace meridian::engines::dns::transfer {

// Records in the order of a transfer: the SOA, what is asked for, the SOA.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  virtual const RecordView* current() const = 0;  // null: there are no more
  virtual void advance() = 0;
};

// A zone whole (RFC 5936 §2.2). Aliases go out as the records they stand for.
std::unique_ptr<RecordSource> whole_zone(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone);
// The newest SOA alone: what a client that has it already is told (RFC 1995 §2).
std::unique_ptr<RecordSource> newest_soa(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone);

// The differences that lead to the version (RFC 1995 §4); there is at least one.
std::unique_ptr<RecordSource> differences(std::shared_ptr<const DnsSnapshot> version, const DnsZone& zone,
                                          Differences steps);

// What every message of the reply repeats.
struct StreamHead {
  std::uint16_t id = 0;
  meridian::dns::Question question;
  bool edns = false;
  std::uint16_t udp_payload_size_max = 0;  // what our OPT says
};

class Stream {
 public:
  // Compression pointers reach 16 KB; larger messages would only be longer.
  static constexpr std::size_t kMessageSize = 16 * 1024;

  // `signer` is null when the request was not signed. The key it signs with must outlive the stream.
  Stream(StreamHead head, std::unique_ptr<RecordSource> records,
         std::unique_ptr<meridian::dns::TsigSigner> signer)
      : head_(std::move(head)), records_(std::move(records)), signer_(std::move(signer)) {}

  bool at_end() const { return records_->current() == nullptr; }
  // The next message, into at least 65535 bytes; its size. Not to be called at the end. 0: a record is too
  // large for any message, and the transfer cannot go on.
  std::size_t next(MutableBytes buffer, SystemTime now);

  std::uint64_t records_sent() const { return records_sent_; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  std::size_t fill(MutableBytes buffer, std::size_t limit);

  StreamHead head_;
  std::unique_ptr<RecordSource> records_;
  std::unique_ptr<meridian::dns::TsigSigner> signer_;
  bool first_ = true;
  std::uint64_t records_sent_ = 0, bytes_sent_ = 0;
};

}  // namespace meridian::engines::dns::transfer
