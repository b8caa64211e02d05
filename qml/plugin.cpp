// SPDX-License-Identifier: MIT
#include <QtQml/QQmlEngineExtensionPlugin>

extern void qml_register_types_Prefork();

/// The engine loads this plugin for `import Prefork` if the program is not linked with the module.
class PreforkPlugin final : public QQmlEngineExtensionPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID QQmlEngineExtensionInterface_iid)

public:
    explicit PreforkPlugin(QObject *parent = nullptr)
        : QQmlEngineExtensionPlugin(parent)
    {
        volatile auto registration = &qml_register_types_Prefork; // keeps the library that has the types
        Q_UNUSED(registration)
    }
};

#include "plugin.moc"
