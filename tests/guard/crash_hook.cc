// A core that dies of certain records, for tests. `crash-test-hook.…` kills whatever answers it;
// `hang-test-hook.…` never returns; `crash-wire-hook.…` passes the canary and kills a server that answers it.
// Rule: only data does it: a question for such a name that is not there is answered like any other.
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "engines/dns/answer.h"
#include "engines/dns/canary/keeper.h"

namespace meridian::engines::dns {

AnswerResult real_answer(Bytes query, const snapshots::dns::DnsSnapshot& snapshot,
                         const AnswerContext& context, MutableBytes out, Trace* trace) asm(REAL_ANSWER);
AnswerResult wrapped_answer(Bytes query, const snapshots::dns::DnsSnapshot& snapshot,
                            const AnswerContext& context, MutableBytes out, Trace* trace) asm(WRAPPED_ANSWER);

namespace {

// Before the canary is confined.
const bool is_canary = [] {
  std::ifstream file("/proc/self/cmdline");
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  return words.ends_with(std::string(1, '\0').append(kCanaryCommand).append(1, '\0'));
}();

constexpr std::size_t kHeaderSize = 12;

std::string_view first_label(Bytes query) {
  if (query.size() <= kHeaderSize || query.size() - kHeaderSize - 1 < query[kHeaderSize]) return {};
  return as_text(query.subspan(kHeaderSize + 1, query[kHeaderSize]));
}

}  // namespace

AnswerResult wrapped_answer(Bytes query, const snapshots::dns::DnsSnapshot& snapshot,
                            const AnswerContext& context, MutableBytes out, Trace* trace) {
  const AnswerResult result = real_answer(query, snapshot, context, out, trace);
  if (result.kind != AnswerKind::Positive) return result;
  const std::string_view label = first_label(query);
  if (label == "crash-test-hook" || (label == "crash-wire-hook" && !is_canary)) std::abort();
  for (volatile bool on = label == "hang-test-hook"; on;) continue;
  return result;
}

}  // namespace meridian::engines::dns
