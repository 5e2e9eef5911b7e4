// What the DNS engine of this process answers, for Route 53's TestDNSAnswer.
#pragma once

#include "base/random.h"
#include "engines/dns/dns_engine.h"
#include "services/route53/service.h"

namespace meridian::apps {

class EngineAnswers final : public services::route53::DnsAnswers {
 public:
  EngineAnswers(engines::dns::DnsEngine& engine, Random& random) : engine_(engine), random_(random) {}
  Result<Answer> answer(const Question& question) const override;

 private:
  engines::dns::DnsEngine& engine_;
  Random& random_;
};

}  // namespace meridian::apps
