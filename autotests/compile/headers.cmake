# SPDX-License-Identifier: MIT
# Installed headers use nothing of Qt's that is private or made up by moc, and declare classes of Qt's in Qt's
# namespace, which may have a name.
file(GLOB_RECURSE headers ${ROOT}/include/QtPrefork/*.h)
set(internal
    "Q[A-Za-z]+Private|QtMoc|QtGadgetHelper|QtSharedPointer|QMetaTypeInterface|QArrayData|QFutureInterface|QSlotObject")
string(APPEND internal "|qt_(meta|static_meta|check_for|create_)|[</]private/|_p\\.h[>\"]")
foreach(header IN LISTS headers)
    file(STRINGS ${header} lines)
    set(in_namespace FALSE)
    foreach(line IN LISTS lines)
        if(line MATCHES "^QT_BEGIN_NAMESPACE")
            set(in_namespace TRUE)
        elseif(line MATCHES "^QT_END_NAMESPACE")
            set(in_namespace FALSE)
        elseif(line MATCHES "^ *(template *<.*> *)?(class|struct|enum|enum class) Q[A-Z][A-Za-z]*( *:[^:]*)?;" AND NOT
            in_namespace)
            message(SEND_ERROR "${header} declares outside of QT_BEGIN_NAMESPACE: ${line}")
        endif()
        # Qt has no public way to say that a family of types has meta-types.
        if(line MATCHES "static int qt_metatype_id\\(\\)" AND header MATCHES "detail/valuetypes.h$")
            continue()
        endif()
        # QMetaEnum::fromType() asks the same, and fails to compile if the answer is no.
        if(line MATCHES "QtPrivate::IsQEnumHelper" AND header MATCHES "detail/convert.h$")
            continue()
        endif()
        if(line MATCHES "${internal}")
            message(SEND_ERROR "${header} uses what is private to Qt: ${line}")
        endif()
    endforeach()
endforeach()
