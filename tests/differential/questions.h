// The questions of a comparison, made from the zones' own records: every name with what it has and what it
// lacks, and near misses. The same zones and seed give the same questions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "formats/dns/message.h"
#include "formats/dns/name.h"

namespace meridian::differential {

struct ZoneData {
  dns::Name origin;
  std::vector<dns::Record> records;
};
Result<ZoneData> read_zone(const std::string& path, const std::string& origin);

struct Asked {
  std::string name;  // uncompressed wire form, in the case it is asked in
  dns::Type type = dns::Type::A;
  dns::Class klass = dns::Class::IN;
  bool recursion_desired = false;
  std::uint16_t udp_size = 0;  // 0: without EDNS
  bool dnssec_ok = false;
  const char* kind = "";  // how it was made, for the report
};
std::string to_string(const Asked& asked);
std::string encode_query(const Asked& asked, std::uint16_t id);

// Every name of the zones, empty non-terminals too: each type it has, types it lacks, and below each cut.
std::vector<Asked> questions_for_every_name(const std::vector<ZoneData>& zones);

class NearMisses {
 public:
  // `zones` must outlive it.
  NearMisses(const std::vector<ZoneData>& zones, std::uint64_t seed);
  Asked next();

 private:
  const dns::Record& any_record();
  dns::Name misspell(const dns::Name& name, const char*& kind);
  std::string random_label();

  const std::vector<ZoneData>& zones_;
  std::vector<std::uint64_t> chosen_up_to_;  // cumulative weights of the zones
  SeededRandom random_;
};

}  // namespace meridian::differential
