// What the query log gets of an answered query.
#pragma once

#include "engines/dns/answer.h"
#include "engines/dns/query_log/recorder.h"

namespace meridian::engines::dns {

void log_query(query_log::Recorder& recorder, const AnswerContext& context, const AnswerResult& result,
               Bytes query, Bytes reply);

}  // namespace meridian::engines::dns
