# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: relocatable, found by find_package(QtPrefork CONFIG).
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/QtPrefork)

install(TARGETS QtPrefork EXPORT QtPreforkTargets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/QtPrefork DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT QtPreforkTargets NAMESPACE QtPrefork:: DESTINATION ${package_directory})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    ${PROJECT_SOURCE_DIR}/SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(NOT DEFINED BUILD_SHARED_LIBS)
    set(BUILD_SHARED_LIBS OFF)
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/QtPreforkConfig.cmake.in
    ${PROJECT_BINARY_DIR}/QtPreforkConfig.cmake
    INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/QtPreforkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/QtPreforkConfig.cmake ${PROJECT_BINARY_DIR}/QtPreforkConfigVersion.cmake
    DESTINATION ${package_directory})
if(TARGET prefork)
    if(BUILD_SHARED_LIBS) # the command finds the library from its own place, wherever the package has been moved
        file(RELATIVE_PATH library_from_command ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
        set_target_properties(prefork PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_command}")
    endif()
    install(TARGETS prefork RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
