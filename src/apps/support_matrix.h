// `meridian support-matrix`: what is served, taken from the code and nowhere else.
#pragma once

#include "apps/command_line.h"

namespace meridian::apps {

int support_matrix(const SupportMatrixOptions& options);

}  // namespace meridian::apps
