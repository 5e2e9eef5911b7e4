// What a control and a checker elsewhere say to each other, as bytes: the settings of a check, and reports.
// Rule: times travel as ages, since the clocks of two machines differ; bytes of a form that is not known here
// are refused whole.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engines/health/checker.h"
#include "engines/health/report.h"

namespace meridian::engines::health {

inline constexpr std::size_t kWireTextMax = 1024;  // of each text

// All but where probes come from.
std::string write_settings(const CheckSettings& settings);
Result<CheckSettings> read_settings(Bytes bytes);

// All but the Region, which is the checker's.
std::string write_report(const Report& report, SystemTime now);
Result<Report> read_report(Bytes bytes, SystemTime now);

}  // namespace meridian::engines::health
