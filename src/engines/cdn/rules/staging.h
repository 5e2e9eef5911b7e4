// Which of a primary distribution's viewers its staging distribution serves
// (CF:understanding-continuous-deployment). A session is a cookie of ours: CloudFront's documentation tells
// that there is one, and nothing about it.
#pragma once

#include <string>

#include "base/clock.h"
#include "engines/cdn/rules/fields.h"
#include "snapshots/cdn/distribution.h"

namespace meridian::engines::cdn::rules {

inline constexpr std::string_view kSessionCookie = "CloudFront-Continuous-Deployment";

struct StagingChoice {
  bool staging = false;
  std::string set_cookie{};  // the session's, for the response; "": there are no sessions
};

// `draw`: uniform in [0, 1). A session holds a viewer to what was drawn at its beginning.
StagingChoice choose_staging(const snapshots::cdn::ContinuousDeployment& policy, Fields request,
                             SystemTime now, double draw);

// The request's fields without the session's cookie, which is nobody's but the location's. Views of both.
Fields without_session_cookie(Fields request, FieldList& buffer);

}  // namespace meridian::engines::cdn::rules
