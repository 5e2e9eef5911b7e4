// What a DNS server answers to our question: any bytes lead to addresses or to none, in bounds.
#include "base/check.h"
#include "upstream/address_answer.h"

using namespace meridian;
using namespace meridian::upstream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const dns::Name name = dns::Name::parse("www.example.com").value();
  const auto answer = read_address_answer({data, size}, 7, name);
  if (!answer) return 0;
  CHECK(answer->addresses.size() <= kAddressesMax);
  CHECK(answer->lives >= Duration::zero() && answer->lives <= std::chrono::hours(24));
  CHECK(!(answer->at && !answer->addresses.empty()));
  return 0;
}
