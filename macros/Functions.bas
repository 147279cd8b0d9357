Attribute VB_Name = "Functions"
' The worksheet functions, as xlwings writes them for huizong.udf.
#Const App = "Microsoft Excel"

Function HZ(unit, indicator, Optional period, Optional office)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        HZ = XLPy.CallUDF("huizong.udf", "HZ", Array(unit, indicator, period, office, Nothing), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        HZ = XLPy.CallUDF("huizong.udf", "HZ", Array(unit, indicator, period, office, Nothing))
        Exit Function
    #End If
failed:
    HZ = Err.Description
End Function

Function HZ_COVERAGE(indicator, Optional period, Optional office)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        HZ_COVERAGE = XLPy.CallUDF("huizong.udf", "HZ_COVERAGE", Array(indicator, period, office, Nothing), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        HZ_COVERAGE = XLPy.CallUDF("huizong.udf", "HZ_COVERAGE", Array(indicator, period, office, Nothing))
        Exit Function
    #End If
failed:
    HZ_COVERAGE = Err.Description
End Function

Function HZ_PREV(unit, indicator, Optional period, Optional office)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        HZ_PREV = XLPy.CallUDF("huizong.udf", "HZ_PREV", Array(unit, indicator, period, office, Nothing), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        HZ_PREV = XLPy.CallUDF("huizong.udf", "HZ_PREV", Array(unit, indicator, period, office, Nothing))
        Exit Function
    #End If
failed:
    HZ_PREV = Err.Description
End Function

Function HZ_RANK(unit, indicator, Optional period, Optional office)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        HZ_RANK = XLPy.CallUDF("huizong.udf", "HZ_RANK", Array(unit, indicator, period, office, Nothing), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        HZ_RANK = XLPy.CallUDF("huizong.udf", "HZ_RANK", Array(unit, indicator, period, office, Nothing))
        Exit Function
    #End If
failed:
    HZ_RANK = Err.Description
End Function

Function HZ_YOY(unit, indicator, Optional period, Optional office)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        HZ_YOY = XLPy.CallUDF("huizong.udf", "HZ_YOY", Array(unit, indicator, period, office, Nothing), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        HZ_YOY = XLPy.CallUDF("huizong.udf", "HZ_YOY", Array(unit, indicator, period, office, Nothing))
        Exit Function
    #End If
failed:
    HZ_YOY = Err.Description
End Function
