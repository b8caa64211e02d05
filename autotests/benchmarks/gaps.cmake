# SPDX-License-Identifier: MIT
# Measures how much longer the event loop keeps a timer waiting while the workers are busy, and fails if that is more
# than the goal of the row: BENCH, WORK. Where the machine has too much else to do, the row says so instead of numbers.
file(MAKE_DIRECTORY "${WORK}")
file(REMOVE "${WORK}/gaps.json") # of an earlier run
execute_process(COMMAND ${BENCH} --quick --row loop_gaps_p99_ms --json "${WORK}/gaps.json" RESULT_VARIABLE status)
file(READ "${WORK}/gaps.json" results)
string(JSON missing ERROR_VARIABLE is_measured GET "${results}" loop_gaps_p99_ms missing)
if(is_measured)
    string(JSON holds GET "${results}" loop_gaps_p99_ms holds)
    if(NOT holds)
        message(FATAL_ERROR "the event loop waits longer than promised while the workers are busy:\n${results}")
    endif()
elseif(NOT missing MATCHES "the machine is busy")
    message(FATAL_ERROR "not measured, status ${status}: ${missing}")
endif()
