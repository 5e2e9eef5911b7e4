#include "apps/engine_answers.h"

#include "formats/dns/rdata.h"
#include "formats/regions/regions.h"

namespace meridian::apps {
namespace {

using engines::dns::Asked;
using engines::dns::AskedOf;
using engines::dns::Explanation;
using engines::dns::Transport;
using services::route53::DnsAnswers;

// Where a resolver is that is not named (API_TestDNSAnswer).
constexpr std::string_view kResolverRegion = "us-east-1";

// Another zone of the same name was made before, and answers for both.
bool is_shadowed(const snapshots::dns::DnsSnapshot& snapshot, const DnsAnswers::Question& question) {
  for (std::size_t labels = question.name.label_count() + 1; labels-- > 0;) {
    const auto zones = snapshot.zones_of(question.name.suffix(labels).lower().wire());
    for (std::size_t i = 0; i < zones.size(); ++i)
      if (zones[i]->id() == question.zone_id) return i > 0;
  }
  return false;
}

Result<DnsAnswers::Answer> shown(const Explanation& explained, const char* protocol) {
  DnsAnswers::Answer out{dns::to_string(explained.rcode), {}, protocol};
  for (const dns::Record& record : explained.reply.answers)
    out.values.push_back(TRY(dns::print_rdata(record.type, record.rdata, dns::Escapes::Octal)));
  return out;
}

}  // namespace

Result<DnsAnswers::Answer> EngineAnswers::answer(const Question& question) const {
  Asked asked{.name = question.name, .type = question.type, .transport = Transport::Udp};
  asked.subnet = question.client_subnet;
  Result<Answer> out = Answer{"REFUSED", {}, "UDP"};
  engine_.with_current([&](const AskedOf& now) {
    if (is_shadowed(now.snapshot, question)) return;
    const auto place = now.locations.region_place(regions::find(kResolverRegion));
    if (question.resolver) {
      asked.client.ip = *question.resolver;
    } else if (!asked.subnet) {
      asked.place = &place;
    }
    SeededRandom draws(random_.next());
    auto explained = engines::dns::explain(asked, now, draws);
    const bool truncated = explained && explained->reply.header.tc;
    if (truncated) {
      asked.transport = Transport::Tcp;
      explained = engines::dns::explain(asked, now, draws);
    }
    out = explained ? shown(*explained, truncated ? "TCP" : "UDP") : std::unexpected(explained.error());
  });
  return out;
}

}  // namespace meridian::apps
