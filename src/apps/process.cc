#include "apps/process.h"

#include <sys/resource.h>

namespace meridian::apps {

void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::vector<net::Address>> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<net::Address> out;
  for (const std::string& text : texts) out.push_back(TRY(net::Address::parse(text)));
  return out;
}

}  // namespace meridian::apps
