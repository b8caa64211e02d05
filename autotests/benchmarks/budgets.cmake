# SPDX-License-Identifier: MIT
# Builds the library and prefork-bench as a release in WORK, from SOURCE, and compares what a call costs with the
# budgets. Prints "SKIPPED" if there are no budgets for this compiler, Qt and C library.
find_program(valgrind valgrind)
if(NOT valgrind)
    message("SKIPPED: instructions are counted by valgrind, which is not installed")
    return()
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK} -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DQTPREFORK_PRECOMPILE=ON OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(politely) # the tests that run meanwhile have deadlines
find_program(nice nice)
if(nice)
    set(politely ${nice} -n 19)
endif()
execute_process(COMMAND ${politely} ${CMAKE_COMMAND} --build ${WORK} --target prefork-bench OUTPUT_VARIABLE log
    RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "the release does not build:\n${log}")
endif()

file(REMOVE ${WORK}/instructions.json) # of an earlier run
execute_process(COMMAND ${WORK}/bin/prefork-bench --instructions --json ${WORK}/instructions.json
    RESULT_VARIABLE status OUTPUT_VARIABLE table)
message("${table}")
if(NOT EXISTS ${WORK}/instructions.json)
    message(FATAL_ERROR "nothing was counted")
endif()
file(READ ${WORK}/instructions.json results)
string(JSON count LENGTH "${results}")
if(NOT count EQUAL 8)
    message(FATAL_ERROR "there should be 8 rows, not ${count}")
endif()
math(EXPR last "${count} - 1")
foreach(index RANGE ${last})
    string(JSON row MEMBER "${results}" ${index})
    string(JSON instructions GET "${results}" ${row} instructions)
    if(NOT instructions GREATER 0)
        message(FATAL_ERROR "${row} was not counted")
    endif()
    string(JSON kind TYPE "${results}" ${row} budget)
    if(kind STREQUAL "NULL")
        string(JSON toolchain GET "${results}" ${row} toolchain)
        message("SKIPPED: there are no budgets for ${toolchain}")
        return()
    endif()
endforeach()
if(status)
    message(FATAL_ERROR "a call has become dearer than its budget and 6 %: see the rows marked above. Make it cheaper, "
        "or raise the budget in budgets.cpp and say why.")
endif()
