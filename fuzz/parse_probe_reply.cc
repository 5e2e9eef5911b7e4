// What an endpoint answers to a probe: any bytes lead to one verdict, the same however they arrive.
#include "base/check.h"
#include "engines/health/reply_judge.h"

using namespace meridian;
using namespace meridian::engines::health;

namespace {

Verdict judge(std::string_view reply, std::string_view search, std::size_t piece) {
  ReplyJudge judge{std::string(search)};
  for (std::size_t at = 0; at < reply.size(); at += piece)
    if (auto verdict = judge.add(as_bytes(reply.substr(at, piece)))) return *verdict;
  return judge.ended();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view reply = as_text({data, size});
  for (const std::string_view search : {"", "up"}) {
    const Verdict whole = judge(reply, search, reply.size() + 1);
    for (const std::size_t piece : {1, 7}) CHECK(judge(reply, search, piece).healthy == whole.healthy);
  }
  return 0;
}
