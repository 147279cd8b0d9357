@echo off
rem Installs Huizong for the user who opens this file: no network, no administrator.
rem Opened with an office's folder dropped on it, the folder is looked at too.
rem For scripts: setup.cmd --yes asks nothing and waits for nobody.
rem ASCII only: what a person reads comes from Python and from texts in wheels.
setlocal
for /f "tokens=2 delims=:" %%C in ('chcp') do set "OLD=%%C"
chcp 65001 >nul
set "PYTHONUTF8=1"
set "PYTHONHOME="
set "PYTHONPATH="
set "WHEELS=%~dp0wheels"
set "HOME_OF_ALL=%LOCALAPPDATA%\Huizong"
set "ENV=%HOME_OF_ALL%\env"
set "OWN=%HOME_OF_ALL%\python\python.exe"
set "CHECK=import sys; print(sys.executable if (3, 11) <= sys.version_info < (3, 13) and sys.maxsize > 2**32 else '')"

set "WAIT=pause"
if "%~1"=="--yes" set "WAIT=rem"
set "OFFICE="
if not "%~1"=="" if exist "%~1\" set "OFFICE=%~1"

set "PYTHON="
if exist "%OWN%" set "PYTHON=%OWN%"
for %%V in (3.12 3.11) do if not defined PYTHON for /f "delims=" %%P in ('py -%%V -c "%CHECK%" 2^>nul') do set "PYTHON=%%P"
if not defined PYTHON for /f "delims=" %%P in ('python -c "%CHECK%" 2^>nul') do set "PYTHON=%%P"
if not defined PYTHON for %%I in ("%WHEELS%\python-3.12*-amd64.exe" "%WHEELS%\python-3.11*-amd64.exe") do if not exist "%OWN%" start "" /wait "%%~fI" /passive InstallAllUsers=0 Include_launcher=0 Include_test=0 Include_doc=0 PrependPath=0 Shortcuts=0 AssociateFiles=0 "TargetDir=%HOME_OF_ALL%\python"
if not defined PYTHON if exist "%OWN%" set "PYTHON=%OWN%"
if not defined PYTHON (
  type "%WHEELS%\no-python.txt"
  %WAIT%
  chcp %OLD% >nul
  exit /b 2
)

echo Python: "%PYTHON%"
set "FAILED="
"%PYTHON%" -m venv --clear "%ENV%" || set "FAILED=1"
if not defined FAILED "%ENV%\Scripts\python.exe" -m pip install --disable-pip-version-check --no-index --find-links "%WHEELS%" --require-hashes --only-binary=:all: -r "%WHEELS%\requirements.txt" || set "FAILED=1"
if defined FAILED type "%WHEELS%\failed.txt"
if not defined FAILED "%ENV%\Scripts\python.exe" -m huizong install %* || set "FAILED=1"
if not defined FAILED if defined OFFICE "%ENV%\Scripts\python.exe" -m huizong doctor "%OFFICE%"
if not defined FAILED if not defined OFFICE "%ENV%\Scripts\python.exe" -m huizong doctor
%WAIT%
chcp %OLD% >nul
if defined FAILED exit /b 2
exit /b 0
