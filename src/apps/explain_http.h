// `meridian explain http`, in the server: words to a viewer's request, and what the engine tells of it to
// text or JSON (docs/use/explain.md).
#pragma once

#include "apps/admin.h"
#include "engines/cdn/cdn_engine.h"

namespace meridian::apps {

// Replies when the engine has told all, with `fetch` only when the origin has answered.
void explain_http(engines::cdn::CdnEngine& engine, const ExplainHttpQuery& query, Output output,
                  http::Responder responder);

}  // namespace meridian::apps
