// What this binary is, as the build tells it.
#pragma once

#ifndef MERIDIAN_VERSION
#define MERIDIAN_VERSION "0.0.0"
#endif
