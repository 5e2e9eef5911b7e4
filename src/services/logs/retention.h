// What of the events is still wanted: by the groups' retention, and by what is still there of groups and
// streams.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "store/log_store/log_store.h"
#include "store/store.h"

namespace meridian::services::logs {

// Frees the others. Readers do not see them before that, either.
Result<void> forget_unwanted(store::Store& store, store::LogStore& events, SystemTime now);

}  // namespace meridian::services::logs
