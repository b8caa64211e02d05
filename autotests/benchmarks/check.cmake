# SPDX-License-Identifier: MIT
# Runs one row for a moment and looks at the shape of what comes out, not at the numbers: BENCH, REPORT, WORK and, if
# there is one, PYTHON.
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND ${BENCH} --quick --rounds 1 --row sequential_vs_floor --json "${WORK}/results.json"
    COMMAND_ERROR_IS_FATAL ANY)

file(READ "${WORK}/results.json" results)
foreach(field ours reference ratio)
    string(JSON type TYPE "${results}" sequential_vs_floor ${field})
    string(JSON value GET "${results}" sequential_vs_floor ${field})
    if(NOT type STREQUAL "NUMBER" OR NOT value GREATER 0)
        message(FATAL_ERROR "${field} should be a number above 0, not ${value}")
    endif()
endforeach()
foreach(expected "unit=us" "rounds=1" "pinned=ON" "goal=2.2" "goal_of=ratio" "goal_is=at most")
    string(REPLACE "=" ";" expected "${expected}")
    list(GET expected 0 field)
    list(GET expected 1 wanted)
    string(JSON value GET "${results}" sequential_vs_floor ${field})
    if(NOT value STREQUAL wanted AND NOT "${value}" MATCHES "^2\\.2[0-9]*$")
        message(FATAL_ERROR "${field} should be ${wanted}, not ${value}")
    endif()
endforeach()

if(NOT PYTHON)
    return()
endif()
foreach(page README.md performance.md)
    file(WRITE "${WORK}/${page}" "before\n<!-- performance: begin -->\nold\n<!-- performance: end -->\nafter\n")
endforeach()
execute_process(COMMAND ${PYTHON} -B ${REPORT} "${WORK}/results.json" --readme "${WORK}/README.md"
    --page "${WORK}/performance.md"
    --svg "${WORK}/performance.svg" COMMAND_ERROR_IS_FATAL ANY)
foreach(page README.md performance.md)
    file(READ "${WORK}/${page}" text)
    if(NOT text MATCHES "^before\n.*one call at a time.*\nafter\n$" OR text MATCHES "old")
        message(FATAL_ERROR "the table is not between the markers of ${page}:\n${text}")
    endif()
endforeach()
file(READ "${WORK}/performance.svg" svg)
if(NOT svg MATCHES "^<svg .*one call at a time.*</svg>\n$")
    message(FATAL_ERROR "not a chart:\n${svg}")
endif()
